"""The command line: help with examples, mistakes in one line, figures as JSON."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from civicline.cli import COMMANDS
from civicline.people import keyset
from civicline.phones import accounts

DEMO = str(Path(__file__).parents[1] / "packs" / "small")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(civicline, command: str) -> None:
    done = civicline(command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Example: " in done.stdout
    assert f"civicline {command}" in done.stdout


def test_help_lists_all_commands(civicline) -> None:
    found = civicline()
    assert found.returncode == 0
    assert all(f"    {command}" in found.stdout for command in COMMANDS)


def mistake(done: subprocess.CompletedProcess[str]) -> str:
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    "words", [("nothing",), ("run", "nothing"), ("agency",), ("report", "day", "--date", "today"), ("up", "--nothing")]
)
def test_a_wrong_word_ends_with_2(civicline, words: tuple[str, ...]) -> None:
    assert mistake(civicline(*words))


def test_a_wrong_setting_is_one_line(civicline) -> None:
    line = mistake(civicline("run", "engine", CIVICLINE_HTTP="8000"))
    assert line == "civicline: CIVICLINE_HTTP is '8000': write it as HOST:PORT, for example 127.0.0.1:8000\n"


def test_a_process_starts_without_what_it_does_not_need(civicline) -> None:
    """The supervisor starts what died at once; what is imported is what callers wait for."""
    code = (
        "import sys; from civicline import cli; cli._parser(['run', 'engine']); import civicline.engine.process;"
        "print([name for name in ('django', 'pydantic', 'yaml', 'rich', 'granian', 'sippy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_media_is_told_which_one_it_is(civicline) -> None:
    assert "count from 1" in mistake(civicline("run", "media", "--number", "3", CIVICLINE_NG="127.0.0.1:1,127.0.0.1:2"))


def test_commands_before_there_is_a_database(civicline, tmp_path) -> None:
    line = mistake(civicline("report", "day", CIVICLINE_DATA=str(tmp_path / "none")))
    assert "civicline up" in line
    assert not (tmp_path / "none").exists()


def test_check_says_what_a_pack_holds(civicline) -> None:
    done = civicline("agency", "check", DEMO)
    assert (done.returncode, done.stderr) == (0, "")
    assert "8 topics" in done.stdout


def test_check_names_every_mistake(civicline, tmp_path) -> None:
    folder = Path(shutil.copytree(DEMO, tmp_path / "pack"))
    for name, old, new in (("menus.yaml", "3: payment", "3: paiment"), ("retention.yaml", "90", "0")):
        (folder / name).write_text((folder / name).read_text().replace(old, new))
    done = civicline("agency", "check", str(folder))
    assert done.returncode == 2
    *lines, last = done.stderr.splitlines()
    assert [line.split(":")[0] for line in lines] == ["menus.yaml", "retention.yaml"]
    assert last == f"civicline: 2 mistakes in the agency pack {folder}"
    found = json.loads(civicline("agency", "check", "--json", str(folder)).stdout)
    assert len(found) == len(lines)
    assert set(found[0]) == {"file", "line", "field", "message", "mend"}


@pytest.fixture
def loaded(civicline, journal):
    """A pack that was asked for, without an engine to take it."""
    done = civicline("agency", "load", "--wait", "0", DEMO)
    assert "no engine took the pack" in mistake(done)
    return journal


def test_load_asks_the_engine_and_stores_accounts(loaded, civicline) -> None:
    with psycopg.connect(loaded.urls.app) as conn:
        kinds = [kind for (kind,) in conn.execute("SELECT kind FROM journal_event ORDER BY position")]
        assert kinds == ["people.staff_changed", "request.load_agency"]
        names = {name for (name,) in conn.execute("SELECT username FROM people_staff WHERE is_active")}
        assert len(names) == 15
        assert conn.execute("SELECT sealed_days FROM agency_pack").fetchone() == (90,)


def test_a_pack_with_a_mistake_is_refused_whole(civicline, journal, tmp_path) -> None:
    folder = Path(shutil.copytree(DEMO, tmp_path / "pack"))
    (folder / "retention.yaml").unlink()
    assert civicline("agency", "load", str(folder)).returncode == 2
    with psycopg.connect(journal.urls.app) as conn:
        assert conn.execute("SELECT count(*) FROM journal_event").fetchone() == (0,)
        assert conn.execute("SELECT count(*) FROM people_staff").fetchone() == (0,)


def test_a_pack_that_holds_is_not_loaded_again(loaded, civicline) -> None:
    done = civicline("agency", "load", "--if-changed", DEMO)
    assert done.returncode == 0
    assert "holds already" in done.stdout


def test_staff_are_listed(loaded, civicline) -> None:
    found = json.loads(civicline("staff", "list", "--json").stdout)
    assert len(found) == 15
    assert found[0] == {"id": "ada.winters", "name": "Ada Winters", "role": "administrator", "password": False}


def test_a_password_is_read_from_standard_input(loaded, civicline) -> None:
    done = civicline("staff", "password", "amara.okafor", given="sagebrush-and-sky\n")
    assert done.returncode == 0
    assert "sagebrush-and-sky" not in done.stdout + done.stderr
    assert next(each for each in json.loads(civicline("staff", "list", "--json").stdout) if each["password"])["id"] == (
        "amara.okafor"
    )


@pytest.mark.parametrize(("name", "given"), [("amara.okafor", "short\n"), ("nobody", "sagebrush-and-sky\n")])
def test_a_password_that_does_not_do(loaded, civicline, name: str, given: str) -> None:
    assert mistake(civicline("staff", "password", name, given=given)).startswith("civicline: ")


def test_a_telephone_gets_the_password_that_is_shown(loaded, civicline, tmp_path) -> None:
    path = tmp_path / "keyset.json"
    assert "keyset" in mistake(civicline("staff", "phone", "amara.okafor", CIVICLINE_KEYSET=str(path)))
    keyset.create(path)
    made = civicline("staff", "phone", "--json", "amara.okafor", CIVICLINE_KEYSET=str(path))
    (account,) = json.loads(made.stdout)
    with psycopg.connect(loaded.urls.app) as conn:
        keys = keyset.load(path)
        stored = accounts.ha1(conn, "amara.okafor", keys)
        accounts.set_password(conn, "amara.okafor", account["password"], keys=keys)
        assert accounts.ha1(conn, "amara.okafor", keys) == stored is not None
    assert "not on the staff" in mistake(civicline("staff", "phone", "nobody"))


def test_a_day_without_contacts(loaded, civicline) -> None:
    done = civicline("report", "day", "--date", "2026-01-05", "--zone", "America/Denver", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["total"]["parts"]["received"] == 0
    assert "2026-01-05" in civicline("report", "day", "--date", "2026-01-05").stdout
    assert "there is no time zone" in mistake(civicline("report", "day", "--zone", "Denver"))


def test_a_keyset_is_made_once(civicline, tmp_path) -> None:
    path = str(tmp_path / "keyset.json")
    assert civicline("keyset", "create", CIVICLINE_KEYSET=path).returncode == 0
    assert "already" in mistake(civicline("keyset", "create", CIVICLINE_KEYSET=path))
    assert civicline("keyset", "check", CIVICLINE_KEYSET=path).returncode == 0


def test_the_doctor_says_what_to_mend(civicline, tmp_path) -> None:
    keyset = tmp_path / "keyset.json"
    keyset.touch(mode=0o644)
    environ = {"CIVICLINE_DATA": str(tmp_path / "data"), "CIVICLINE_KEYSET": str(keyset)}
    done = civicline("doctor", "--json", **environ)
    assert done.returncode == 1
    found = {each["what"]: each for each in json.loads(done.stdout)}
    assert found["keyset"]["state"] == "must"
    assert found["keyset"]["mend"] == f"chmod 600 {keyset}"
    assert found["Python"]["state"] == "ok"
    assert not (tmp_path / "data").exists()
