"""Reading a pack: the demonstration's is whole, and every mistake is named with its file, line and field."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from civicline.agency import pack, trunks
from civicline.agency.mistakes import Mistake, PackError
from civicline.core import hours, kinds
from civicline.core.agency import Span
from civicline.core.requests import LoadAgency

DEMO = Path(__file__).parents[1] / "packs" / "small"
MAY_BE_EMPTY = ("trunks.yaml", "messages.yaml", "surveys.yaml", "offices.yaml")
"""An agency may have no carrier, nothing to read out and nothing to ask."""
Change = Callable[[str, str, str], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DEMO, tmp_path / "pack"))


@pytest.fixture
def change(folder: Path) -> Change:
    def run(name: str, old: str, new: str) -> None:
        path = folder / name
        text = path.read_text()
        assert text.count(old) >= 1, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new, 1))

    return run


def mistakes(folder: Path) -> list[Mistake]:
    with pytest.raises(PackError) as caught:
        pack.read(folder)
    return caught.value.mistakes


def line_of(folder: Path, name: str, text: str) -> int:
    return next(number for number, line in enumerate((folder / name).read_text().splitlines(), 1) if text in line)


def test_the_demonstration_is_whole() -> None:
    found = pack.read(DEMO)
    agency = found.agency
    assert (len(agency.topics), len(agency.queues), len(agency.staff)) == (8, 4, 13)
    assert agency.lines["100"].operator == "operator"
    assert {staff.tier for staff in agency.staff.values()} == {1, 2}
    assert agency.staff["amara.okafor"].skills == {"income_tax": 4, "property_tax": 3, "identity": 3}
    assert found.trunks[0].networks == ("127.0.0.0/8",)
    assert found.sealed_days == 90
    assert {each.role for each in found.accounts} == {"representative", "supervisor", "administrator"}
    assert "sam.whitaker" not in agency.staff


def test_the_demonstration_is_open_at_any_time() -> None:
    agency = pack.read(DEMO).agency
    christmas = 1798185600.0  # 2026-12-25 08:00 UTC
    assert all(hours.is_open(agency, "always", christmas + quarter * 900) for quarter in range(96 * 7))
    assert not hours.is_open(agency, "office", christmas + 10 * 3600)


def test_prompts_are_there_in_every_language() -> None:
    agency = pack.read(DEMO).agency
    wanted = {"notice", "recording_refused", "language", "menu.main", "invalid_key", "no_key", "please_wait", "closed",
              "full", "connecting", "on_hold", "message_choices", "message.systems_down"} | {
        f"survey.after_call.{each}" for each in ("invitation", "times", "answered", "settled", "thanks")
    }  # fmt: skip
    assert set(agency.prompts) == wanted
    assert all(set(text) == {"en", "es"} for text in agency.prompts.values())


def test_a_menu_without_a_prompt_names_its_topics_by_key() -> None:
    prompt = pack.read(DEMO).agency.menus["main"].prompt
    assert prompt["en"].startswith("For the status of your refund, press 1. ")
    assert prompt["es"].endswith("oprima el 8. Para hablar con un operador, oprima el 0.")


def test_a_pack_goes_through_the_journal_unchanged() -> None:
    agency = pack.read(DEMO).agency
    kind, body = kinds.to_body(LoadAgency(agency))
    assert kinds.request(kind, json.loads(json.dumps(body))) == LoadAgency(agency)


def test_the_digest_changes_with_any_file(folder: Path, change: Change) -> None:
    before = pack.read(folder).digest
    assert before == pack.read(DEMO).digest
    change("prompts/es.yaml", "Gracias.", "Muchas gracias.")
    assert pack.read(folder).digest != before


def test_levels_rise_from_a_to_e(folder: Path, change: Change) -> None:
    """As in personnel charts: A is elementary, E complete mastery."""
    five = "income_tax: A, property_tax: B, identity: C, payments: D, business_tax: E"
    change("staff.yaml", "income_tax: D, property_tax: C, identity: C", five)
    change("queues.yaml", "min_level: B", "min_level: E")
    agency = pack.read(folder).agency
    assert list(agency.staff["amara.okafor"].skills.values()) == [1, 2, 3, 4, 5]
    assert agency.queues["individual"].min_level == 5
    assert agency.queues["operator"].min_level == 1, "not written: whoever has the skill"


def test_hours_holidays_and_special_days(folder: Path) -> None:
    office = pack.read(folder).agency.calendars["office"]
    assert office.weekly["0"] == (Span(480, 1020),)
    assert office.weekly["6"] == ()
    assert "2026-12-25" in office.closed
    assert office.special["2027-04-15"] == (Span(480, 1200),)


OFFER = "offer_after_s: 300"
THROUGH = 'hosts: ["203.0.113.5:5061"]\n  through: "10.20.0.5:5060"\n  transport: tls'
CASES = [
    ("topics.yaml", "queue: individual", "queue: individuel", "refund.queue", "not in queues.yaml"),
    ("topics.yaml", "skill: identity", "skill: identify", "identity.skill", "not in skills.yaml"),
    ("menus.yaml", "3: payment", "3: paymint", "main.keys.3", "not in topics.yaml"),
    ("menus.yaml", "8: online", "0: online", "main.keys.0", "'0' does not do"),
    ("menus.yaml", "8: online", "12: online", "main.keys.12", "'12' does not do"),
    ("menus.yaml", "8: online_account", "7: online_account", "main.keys.7", "written twice"),
    ("lines.yaml", "menu: main", "menu: first", "100.menu", "not in menus.yaml"),
    ("lines.yaml", "hours: always", "hours: never", "100.hours", "not in hours.yaml"),
    ("lines.yaml", "operator: operator", "operator: desk", "100.operator", "not in queues.yaml"),
    ("queues.yaml", "min_level: B", "min_level: F", "individual.min_level", "'F' does not do"),
    ("queues.yaml", "ring_s: 20", "ring_s: soon", "individual.ring_s", "'soon' does not do"),
    ("queues.yaml", "queues: [operator]", "queues: [nobody]", "individual.overflow[2].queues[0]", "not in queues.yaml"),
    ("queues.yaml", "after_s: 120", "after_s: 60", "individual.overflow[1].after_s", "not later"),
    ("queues.yaml", "ring_s: 20", "callback: {attempts: 2}", "individual.callback.offer_after_s", "missing"),
    (
        "queues.yaml",
        "ring_s: 20",
        f"callback: {{{OFFER}, hours: nowhere}}",
        "individual.callback.hours",
        "not in hours",
    ),
    ("queues.yaml", "ring_s: 20", f"callback: {{{OFFER}, attempts: 0}}", "individual.callback.attempts", "'0' does"),
    ("queues.yaml", "ring_s: 20", f"callback: {{{OFFER}, capacity: 0}}", "individual.callback.capacity", "'0' does"),
    (
        "queues.yaml",
        "ring_s: 20",
        f"callback: {{{OFFER}, choose_time: true}}",
        "individual.callback.choose_time",
        "times",
    ),
    ("queues.yaml", "ring_s: 20", f"callback: {{{OFFER}, slot_s: 60}}", "individual.callback.slot_s", "'60' does"),
    ("queues.yaml", "ring_s: 20", f"callback: {{{OFFER}}}", "individual.callback", "never offered"),
    ("queues.yaml", "ring_s: 20", f"say_every_s: 60\n  callback: {{{OFFER}}}", "individual.callback", "no carrier"),
    ("prompts/en.yaml", "full: >-", 'ringing_back: "Press 1."\nfull: >-', "ringing_back", "places"),
    ("agency.yaml", "ageing_s: 300", "country: Utopia", "country", "'Utopia' does not do"),
    ("hours.yaml", '["08:00-17:00"]', '["17:00-08:00"]', "office.monday[0]", "does not do"),
    ("hours.yaml", '["08:00-17:00"]', "[08:00]", "office.monday[0]", "'08:00' does not do"),
    ("hours.yaml", "2027-04-15", "2027-04-31", "office.special.2027-04-31", "does not do"),
    ("staff.yaml", "queues: [individual]", "queues: [indvidual]", "amara.okafor.queues[0]", "not in queues.yaml"),
    ("staff.yaml", "income_tax: D", "incom_tax: D", "amara.okafor.skills.incom_tax", "not in skills.yaml"),
    ("staff.yaml", "languages: [en]", "languages: [fr]", "amara.okafor.languages[0]", "not a language"),
    ("staff.yaml", "amara.okafor:", "Amara Okafor:", "Amara Okafor", "does not do"),
    ("staff.yaml", "ben.castellano:", "amara.okafor:", "amara.okafor", "written twice"),
    ("staff.yaml", "  tier: 2", "  tier: x", "joan.redfern.tier", "'x' does not do"),
    ("staff.yaml", "  name: Hal Brennan\n", "", "hal.brennan.name", "missing"),
    ("staff.yaml", "  queues: [business]\n", "", "hal.brennan.queues", "without a queue"),
    ("staff.yaml", "queues: [operator]", "queues: [business]", "100.operator", "nobody serves"),
    ("agency.yaml", "America/Denver", "America/Denvr", "zone", "'America/Denvr' does not do"),
    ("agency.yaml", "ageing_s: 300", "aging_s: 300", "aging_s", "no such field"),
    ("agency.yaml", "  es: Departamento de Ingresos de Sagebrush\n", "", "name", "no text in 'es'"),
    ("dispositions.yaml", ", es: Referido a otra oficina", "", "referred", "no text in 'es'"),
    ("prompts/es.yaml", "full: >-", "ful: >-", "full", "missing"),
    ("prompts/es.yaml", "language: Para español, oprima el 2.", 'language: " "', "language", "' ' does not do"),
    ("prompts/es.yaml", "oprima el 2.", "oprima el 1.", "language", "it names 1, but 2 is the key"),
    ("prompts/en.yaml", "English, press 1.", "English, press {key:d}.", "language", "places"),
    ("prompts/en.yaml", "English, press 1.", "English, press {key}, not 2.", "language", "it names 2, but 1 is"),
    ("prompts/en.yaml", "{topic}", "{topic:5d}", "menu_topic", "places"),
    ("prompts/es.yaml", "{key}", "{key!z}", "menu_topic", "places"),
    ("prompts/es.yaml", "{key}", "{key:{topic}}", "menu_topic", "places"),
    ("prompts/en.yaml", "{topic}", "{topics}", "menu_topic", "places"),
    ("retention.yaml", "90", "0", "sealed_days", "'0' does not do"),
    ("trunks.yaml", "127.0.0.0/8", "127.0.0.0/33", "local.networks[0]", "does not do"),
    ("trunks.yaml", '"100"', '"100"\n  hosts: [sip.example.com:5060]', "local.hosts[0]", "does not do"),
    ("trunks.yaml", '"100"', '"100"\n  registration: {user: x}', "local", "does not do"),
    ("trunks.yaml", '"100"', '"100"\n  transport: tls', "local", "does not do"),
    ("trunks.yaml", '"100"', f'"100"\n  {THROUGH}\n  registration: {{user: x}}', "local", "does not do"),
]


@pytest.mark.parametrize(("name", "old", "new", "field", "message"), CASES)
def test_a_mistake_is_named(
    folder: Path, change: Change, name: str, old: str, new: str, field: str, message: str
) -> None:
    change(name, old, new)
    found = [each for each in mistakes(folder) if each.field == field]
    assert found, [str(each) for each in mistakes(folder)]
    assert message in found[0].message
    assert found[0].mend


def test_a_carrier_behind_a_proxy(folder: Path, change: Change) -> None:
    change("trunks.yaml", '"100"', f'"100"\n  {THROUGH}\n  registration: {{user: x, contact: "198.51.100.7:5061"}}')
    (found,) = trunks.from_json(json.loads(json.dumps(trunks.to_json(pack.read(folder).trunks))))
    assert (found.hosts, found.through) == ((("203.0.113.5", 5061),), ("10.20.0.5", 5060))
    assert found.transport == "tls" and found.registration is not None
    assert found.registration.contact == ("198.51.100.7", 5061)


def test_a_queue_that_calls_back(folder: Path, change: Change) -> None:
    change("queues.yaml", "ring_s: 20", f"say_every_s: 60\n  callback: {{{OFFER}, attempts: 2, hours: office}}")
    change("trunks.yaml", '"100"', '"100"\n  hosts: ["203.0.113.5:5060"]')
    missing = {each.field for each in mistakes(folder)}
    assert {"hold_offer", "hold_kept", "hold_goodbye", "ringing_back"} <= missing
    for name in ("en", "es"):
        with (folder / "prompts" / f"{name}.yaml").open("a") as file:
            file.writelines(f'{prompt}: "{prompt}"\n' for prompt in sorted(missing - {"ringing_back", "position"}))
            file.write('ringing_back: This is {agency}.\nposition: "{number}."\n')
    agency = pack.read(folder).agency
    policy = agency.queues["individual"].callback
    assert policy is not None
    assert (policy.offer_after_s, policy.attempts, policy.gap_s, policy.hours) == (300.0, 2, 600.0, "office")
    assert agency.prompts["ringing_back"]["en"] == "This is Sagebrush Department of Revenue."
    assert agency.prompts["digit.7"]["es"] == "7" and agency.country == "US"


def test_the_line_is_that_of_the_field(folder: Path, change: Change) -> None:
    change("staff.yaml", "queues: [collections]", "queues: [colections]")
    (found,) = mistakes(folder)
    assert (found.file, found.line) == ("staff.yaml", line_of(folder, "staff.yaml", "colections"))


def test_all_mistakes_come_in_one_go(folder: Path, change: Change) -> None:
    change("agency.yaml", "America/Denver", "Denver")
    change("queues.yaml", "ring_s: 20", "ring_s: 1")
    change("topics.yaml", "skill: payments", "skill: paying")
    change("staff.yaml", "languages: [en]", "languages: [xx]")
    (folder / "retention.yaml").unlink()
    assert {each.file for each in mistakes(folder)} == {
        "agency.yaml", "queues.yaml", "topics.yaml", "staff.yaml", "retention.yaml",
    }  # fmt: skip


def test_a_wrong_entry_hides_no_reference_to_it(folder: Path, change: Change) -> None:
    """A queue with a mistake still exists for those who name it."""
    change("queues.yaml", "ring_s: 20", "ring_s: 1")
    assert [each.field for each in mistakes(folder)] == ["individual.ring_s"]


def test_a_topic_that_nobody_can_take_in_a_language(folder: Path) -> None:
    text = (folder / "staff.yaml").read_text()
    (folder / "staff.yaml").write_text(text.replace("online_account", "identity"))
    found = [each for each in mistakes(folder) if each.file == "topics.yaml"]
    assert {each.message for each in found} == {"nobody can take it in 'en'", "nobody can take it in 'es'"}
    assert {each.line for each in found} == {line_of(folder, "topics.yaml", "online_account:")}


def test_each_language_is_told_its_own_key(folder: Path, change: Change) -> None:
    change("agency.yaml", "[en, es]", "[es, en]")
    assert [(each.file, each.field) for each in mistakes(folder)] == [
        ("prompts/en.yaml", "language"), ("prompts/es.yaml", "language"),
    ]  # fmt: skip
    change("prompts/en.yaml", "For English, press 1.", "For English, press {key}.")
    change("prompts/es.yaml", "oprima el 2.", "oprima el dos.")
    texts = pack.read(folder).agency.prompts["language"]
    assert texts == {"en": "For English, press 2.", "es": "Para español, oprima el dos."}


@pytest.mark.parametrize("number", ["911", "7", "1-800-555-0101", "1-2"])
def test_other_numbers_may_be_said_before_the_language(folder: Path, change: Change, number: str) -> None:
    change("prompts/es.yaml", "language: Para", f"language: En una emergencia marque el {number}. Para")
    assert number in pack.read(folder).agency.prompts["language"]["es"]


def test_one_language_is_never_asked_for(folder: Path, change: Change) -> None:
    """Its prompt may have stayed from when there were two."""
    change("agency.yaml", "[en, es]", "[en]")
    change("prompts/en.yaml", "English, press 1.", "English, press 2.")
    assert not [each for each in mistakes(folder) if each.field == "language"]


def test_an_operator_of_an_overflow_tier_is_one(folder: Path, change: Change) -> None:
    """Spanish is spoken by the second tier only, whose turn it is after a while."""
    change("queues.yaml", "  tiers: [1, 2]", "  tiers: [1]")
    change("staff.yaml", "queues: [operator]\n  languages: [en, es]", "queues: [operator]\n  languages: [en]")
    change("staff.yaml", "queues: [individual, collections, business]", "queues: [operator, individual, business]")
    assert [each.field for each in mistakes(folder)] == ["100.operator"]
    change("queues.yaml", "  priority: 1", "  priority: 1\n  overflow: [{after_s: 30, tiers: [2]}]")
    assert pack.read(folder).agency.lines["100"].operator == "operator"


def test_a_second_language_needs_its_prompts(folder: Path, change: Change) -> None:
    change("agency.yaml", "[en, es]", "[en, es, vi]")
    found = mistakes(folder)
    assert (
        Mistake("prompts/vi.yaml", 1, "prompts/vi.yaml", "the file is missing", "add prompts/vi.yaml to the pack")
        in found
    )
    assert any(each.file == "topics.yaml" and "no text in 'vi'" in each.message for each in found)


def test_text_that_is_not_yaml(folder: Path) -> None:
    (folder / "lines.yaml").write_text('"100":\n  name: "unclosed\n')
    (found,) = [each for each in mistakes(folder) if each.file == "lines.yaml" and "YAML" in each.message]
    assert found.line >= 2


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just text\n", "null\n"])
def test_a_file_of_another_shape_is_a_mistake_not_a_crash(folder: Path, text: str) -> None:
    for path in sorted(folder.rglob("*.yaml")):
        kept = path.read_text()
        path.write_text(text)
        name = str(path.relative_to(folder))
        if name not in MAY_BE_EMPTY or text not in ("", "null\n"):
            assert mistakes(folder), name
        path.write_text(kept)


UNREAD = [
    ("surveys.yaml", "survey.yaml", "no file of this name is read", "name it surveys.yaml"),
    ("surveys.yaml", "surveys.yml", "no file of this name is read", "name it surveys.yaml"),
    ("offices.yaml", "old/offices.yaml", "no file of this name is read", "name it offices.yaml"),
    ("prompts/es.yaml", "prompts/es.yml", "no file of this name is read", "name it prompts/es.yaml"),
    ("prompts/es.yaml", "prompts/fr.yaml", "'fr' is not a language of the agency", "agency.yaml"),
    ("offices.yaml", "1999.yaml", "no file of this name is read", "remove it"),
]


@pytest.mark.parametrize(("name", "other", "message", "mend"), UNREAD)
def test_a_file_that_nothing_reads_is_a_mistake(folder: Path, name: str, other: str, message: str, mend: str) -> None:
    (folder / other).parent.mkdir(exist_ok=True)
    (folder / name).rename(folder / other)
    (found,) = [each for each in mistakes(folder) if each.file == other]
    assert found.message == message and mend in found.mend


def test_files_of_tools_and_texts_for_people_are_nobodys_mistake(folder: Path) -> None:
    (folder / ".github").mkdir()
    for name in (".github/check.yaml", ".lint.yml", "README.md"):
        (folder / name).write_text("a: b\n")
    assert pack.read(folder).digest == pack.read(DEMO).digest


def test_no_folder() -> None:
    (found,) = mistakes(Path("nowhere"))
    assert "no such folder" in found.message


def test_numbers_and_words_stay_what_was_written(folder: Path, change: Change) -> None:
    """YAML 1.1 would read 0100 as 64 and no as false."""
    change("lines.yaml", '"100"', "0100")
    change("staff.yaml", "name: Amara Okafor", "name: no")
    found = pack.read(folder).agency
    assert list(found.lines) == ["0100"]
    assert found.staff["amara.okafor"].name == "no"
