"""The demonstration agency's menus, walked by SIPp in both languages: every way ends with a person, an answer or a way
back. And a killed voice process goes on in the menu that the caller was in.

Nobody waits for long here: a menu's time is 1 s and one try.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from civicline.core.lifecycle import TopicBy
from civicline.voice import store
from e2e.callers import Town
from e2e.centre import Centre
from e2e.walkers import Crowd, everybody_at_work
from e2e.walks import walks
from peers.ports import eventually

DEMO = Path(__file__).parents[2] / "agencies" / "demo"
CLOSED = """
"141": {name: Closed, menu: unclaimed, hours: never, closed_menu: after_hours, operator: operator}
"142": {name: At the weekend, menu: licenses_weekend, hours: always, operator: operator}
"""


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    folder = tmp_path_factory.mktemp("centre")
    pack = shutil.copytree(DEMO, folder / "pack")
    _change(pack / "menus.yaml", r"^  keys:$", "  timeout_s: 1\n  tries: 1\n  keys:")
    _change(pack / "hours.yaml", r"\Z", 'never: {monday: ["00:00-00:01"]}\n')
    _change(pack / "hours.yaml", r"^weekend:\n  saturday: .*\n  sunday: .*\n  holidays: open", "weekend: {closed: []}")
    _change(pack / "lines.yaml", r"hours: office\n  closed_menu: after_hours", "hours: always")
    _change(pack / "lines.yaml", r"\Z", CLOSED)
    _change(pack / "staff.yaml", r"^(  queues: \[)(?!.*operator)(.*\]\n.*\n  languages: \[en, es\])", r"\1operator, \2")
    with Centre(folder, pack) as running:
        yield running


def _change(path: Path, pattern: str, by: str) -> None:
    text, count = re.subn(pattern, by, path.read_text(), flags=re.MULTILINE)
    assert count, f"{pattern} is not in {path.name}"
    path.write_text(text)


def test_every_way_ends_with_a_person_an_answer_or_a_way_back(centre: Centre, tmp_path: Path) -> None:
    agency = centre.state().agency
    assert agency is not None
    every = [walk for line in agency.lines.values() for walk in walks(agency, line)]
    every.sort(key=lambda walk: walk.ends[1] != TopicBy.SILENCE)  # they take longest
    crowd = Crowd(centre, tmp_path)
    with everybody_at_work(centre, tmp_path):
        try:
            crowd.walk(every)
        finally:
            crowd.close()
    assert not crowd.failed, "\n".join(crowd.failed)
    assert Counter(crowd.done) == Counter(every)
    reached = {walk.ends for walk in every}
    assert {id_ for kind, id_ in reached if kind == "topic"} == set(agency.topics)
    assert {walk.language for walk in every} == set(agency.languages)
    centre.assert_nothing_left()


def test_a_killed_voice_process_goes_on_in_the_same_menu(centre: Centre) -> None:
    town = Town(centre)
    with town.call() as caller:
        caller.skip_notice()
        caller.press("1")
        caller.hear("menu.main")
        caller.press("3")
        caller.hear("menu.business")
        caller.press("1")
        caller.hear("menu.employers")
        starts = centre.starts("voice")
        centre.kill("voice")
        eventually(lambda: centre.starts("voice") > starts, what="voice started again")
        caller.hear("menu.employers")
        caller.press("*")
        caller.hear("menu.business")
        assert (caller.contact.menu, caller.contact.trail) == ("business", ("main",))
        caller.leave()


def test_digits_are_read_back_and_stand_in_no_journal_and_no_log(centre: Centre) -> None:
    """Also when voice is killed between the digits and their confirmation."""
    town = Town(centre)
    secret = "40719386"
    with town.call() as caller:
        caller.skip_notice()
        caller.press("1")
        caller.hear("menu.main")
        caller.press("13")
        caller.hear("digits.letter_number")
        caller.press(secret)
        caller.hear("digits_entered")
        starts = centre.starts("voice")
        centre.kill("voice")
        eventually(lambda: centre.starts("voice") > starts, what="voice started again")
        caller.hear("digits_entered")
        for digit in secret:
            caller.hear(f"digit.{digit}")
        caller.hear("digits_confirm")
        caller.press("1")
        caller.until("waiting", "offered", "talking")
        assert caller.contact.topic == "billing_notice"
        contact = caller.id
        caller.leave()
    assert store.stored_digits(centre.conn, contact, "letter_number") == secret
    rows = centre.conn.execute(
        "SELECT count(*) FROM journal_event WHERE body::text LIKE %s", (f"%{secret}%",)
    ).fetchone()
    assert rows == (0,)
    logs = [path for path in centre.settings.data.rglob("*.log*") if path.is_file()]
    assert logs and not [path for path in logs if secret.encode() in path.read_bytes()]
