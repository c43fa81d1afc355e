"""Menus in a pack: the demonstration's are whole, mistakes are named where they stand, and the menus are drawn."""

from __future__ import annotations

import itertools
import re
import shutil
import wave
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from civicline.agency import pack, waits
from civicline.agency.mistakes import Mistake, PackError
from civicline.agency.picture import svg
from civicline.core import told
from civicline.core.agency import Agency, Way, WayKind

DEMO = Path(__file__).parents[2] / "agencies" / "demo"
Change = Callable[[str, str, str], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DEMO, tmp_path / "pack"))


@pytest.fixture
def change(folder: Path) -> Change:
    def run(name: str, old: str, new: str) -> None:
        path = folder / name
        text = path.read_text()
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new, 1))

    return run


def mistakes(folder: Path, today: date | None = None) -> list[Mistake]:
    with pytest.raises(PackError) as caught:
        pack.read(folder, today)
    return caught.value.mistakes


def test_the_demonstration_agency_is_whole() -> None:
    agency = pack.read(DEMO).agency
    taxes = set(agency.topics) - {"refund", "identity_letter", "billing_notice"}
    assert len(taxes) == 26, "the tax types and revenue sources of a customer service representative"
    people = [staff for staff in agency.staff.values() if staff.role == "representative"]
    assert len(people) == 40
    assert {person.grade for person in people} == {11, 12, 13}
    assert {person.tier for person in people} == {1, 2}
    assert {person.contracted for person in people} == {True, False}
    assert all((person.tier == 2) == (person.grade == 13) for person in people)
    assert [line.topic for line in agency.lines.values() if line.topic] == ["identity_letter", "billing_notice"]
    assert all(set(text) == {"en", "es"} and all(text.values()) for text in agency.prompts.values())


def test_a_key_leads_anywhere() -> None:
    menus = pack.read(DEMO).agency.menus
    assert menus["main"].ways["1"] == Way(WayKind.MENU, "individual")
    assert menus["individual"].keys["1"] == "refund"
    assert menus["individual"].ways["3"] == Way(WayKind.DIGITS, "letter_number")
    assert menus["payments"].ways["3"] == Way(WayKind.QUEUE, "collections")
    assert menus["after_hours"].ways["4"] == Way(WayKind.TIMES, "unclaimed_property")
    assert menus["information"].ways["5"] == Way(WayKind.MESSAGE, "other_languages", ("en",))


def test_a_prompt_is_made_of_what_the_keys_lead_to() -> None:
    menus = pack.read(DEMO).agency.menus
    assert menus["main"].prompt["en"].startswith("For income tax or a refund, press 1. ")
    assert menus["employers"].prompt["en"].endswith("press 3. To speak with an operator, press 0.")
    assert not any("back" in menu.prompt["en"] for menu in menus.values()), (
        "said where there is something to go back to"
    )
    assert "another language" in menus["information"].prompt["en"]
    assert "otro idioma" not in menus["information"].prompt["es"]
    assert "call you about unclaimed property, press 4." in menus["after_hours"].prompt["en"]


def test_who_calls_is_greeted_by_the_agency_in_their_own_language() -> None:
    agency = pack.read(DEMO).agency
    assert all(agency.name[language] in text for language, text in agency.prompts["notice"].items())


def test_a_label_goes_on_from_for() -> None:
    """In Spanish no question stands after "Para"."""
    texts = [text["es"] for text in pack.read(DEMO).agency.prompts.values()]
    assert [text for text in texts if re.search("Para (adónde|cómo|cuánto|cuándo|qué) ", text)] == []
    assert any("Para saber cómo pedir alivio" in text for text in texts)


BROKEN = [
    ("menus.yaml", "1: {menu: individual}", "1: {menu: individuals}", "main.keys.1", "not in menus.yaml"),
    ("menus.yaml", "{message: offices}", "{message: ofices}", "information.keys.1", "not in messages.yaml"),
    ("menus.yaml", "{digits: letter_number}", "{digits: letter}", "individual.keys.3", "not in digits.yaml"),
    ("menus.yaml", "{queue: collections}", "{queue: colections}", "payments.keys.3", "not in queues.yaml"),
    ("menus.yaml", "1: refund", "1: refunds", "individual.keys.1", "not in topics.yaml"),
    ("menus.yaml", "1: refund", "9: refund", "individual.keys.9", "[1-8]"),
    ("menus.yaml", "1: refund", "1: {page: refund}", "individual.keys.1", "write a topic's id"),
    ("menus.yaml", "1: refund", "1: {menu: individual}", "individual.keys.1", "the menu that it is in"),
    ("menus.yaml", "7: {menu: information}", "", "information", "no line and no key leads here"),
    ("menus.yaml", "languages: [en]", "languages: [fr]", "information.keys.5", "'fr'"),
    ("menus.yaml", "  label: {en: a license, es: una licencia}\n  # At", "  # At", "licenses", "no label"),
    ("menus.yaml", "es: una factura o un pago", "", "payments.label", "no text in 'es'"),
    ("menus.yaml", "{hours: weekend, menu:", "{hours: weekends, menu:", "licenses.instead[0].hours", "hours"),
    ("messages.yaml", "es: nuestras oficinas", "", "offices.label", "no text in 'es'"),
    ("digits.yaml", "then: billing_notice", "then: billing", "letter_number.then", "not in topics.yaml"),
    ("digits.yaml", "then: billing_notice", "then: {digits: letter_number}", "letter_number.then", "itself"),
    ("digits.yaml", "longest: 8", "longest: 7", "letter_number.longest", "shorter"),
    ("lines.yaml", "  topic: identity_letter\n", "", "110", "neither a menu nor a topic"),
    ("lines.yaml", "  topic: identity_letter\n", "  topic: billing_notice\n  menu: main\n", "110", "both"),
    ("lines.yaml", "closed_menu: after_hours", "closed_menu: night", "140.closed_menu", "not in menus.yaml"),
    ("lines.yaml", "language: es", "language: fr", "105.language", "'fr'"),
    ("queues.yaml", "say: [online_account, refund_times]", "say: [refunds]", "individual.say[0]", "messages"),
    ("queues.yaml", "  say_every_s: 40\n", "", "individual.say", "never said"),
    ("menus.yaml", "{times: unclaimed_property}", "{times: refunds}", "after_hours.keys.4", "not in topics.yaml"),
    ("menus.yaml", "{times: unclaimed_property}", "{times: liquor_licensing}", "after_hours.keys.4", "choose a time"),
    ("prompts/en.yaml", "times_ask_menu:", "times_ask_menus:", "times_ask_menu", "missing"),
    ("prompts/es.yaml", "times_full:", "times_ful:", "times_full", "missing"),
    ("prompts/es.yaml", "digits_confirm:", "digits_conform:", "digits_confirm", "missing"),
    ("prompts/es.yaml", "{number}", "{n}", "position", "places"),
    ("prompts/en.yaml", "menu_back:", "menu_bac:", "menu_back", "missing"),
    ("prompts/es.yaml", "wait_over:", "wait_ovr:", "wait_over", "missing"),
    ("prompts/es.yaml", "wait_rose_other_line:", "wait_rose_line:", "wait_rose_other_line", "missing"),
    ("prompts/en.yaml", "between {low} and {high}", "between {high} and {low} or {more}", "wait_between", "places"),
    ("staff.yaml", "languages: [en]", "languages: [en]\n  hours: offices", "amara.okafor.hours", "hours"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "field", "says"), BROKEN)
def test_a_mistake_is_named_where_it_stands(
    folder: Path, change: Change, name: str, old: str, new: str, field: str, says: str
) -> None:
    change(name, old, new)
    found = [each for each in mistakes(folder) if each.file == name and each.field == field]
    assert found, [str(each) for each in mistakes(folder)]
    assert any(says in f"{each.message}; {each.mend}" for each in found), [str(each) for each in found]
    lines = (folder / name).read_text().splitlines()
    assert all(1 <= each.line <= len(lines) for each in found)


def test_menus_that_only_lead_to_each_other_are_found(folder: Path, change: Change) -> None:
    change("menus.yaml", "8: place", "8: {menu: round}")
    with (folder / "menus.yaml").open("a") as file:
        file.write("round:\n  label: {en: round, es: vuelta}\n  keys: {1: {menu: about}}\n")
        file.write("about:\n  label: {en: about, es: otra}\n  keys: {1: {menu: round}}\n")
    found = mistakes(folder)
    assert {each.field for each in found} == {"about", "round"}
    assert all("circle" in each.message for each in found)


def add_menus(folder: Path, *menus: str) -> None:
    with (folder / "menus.yaml").open("a") as file:
        file.writelines(f"{menu}\n" for menu in menus)


def test_a_circle_in_one_language_is_found(folder: Path, change: Change) -> None:
    """The only way out of two menus is for callers in English."""
    change("menus.yaml", "8: place", "8: {menu: round}")
    add_menus(
        folder,
        "round: {label: {en: round, es: vuelta}, keys: {1: {menu: about}, 2: {message: offices, languages: [en]}}}",
        "about: {label: {en: about, es: otra}, keys: {1: {menu: round}}}",
    )
    found = mistakes(folder)
    assert {each.field for each in found} == {"about", "round"}
    assert all("round in a circle in es: to no topic" in each.message for each in found)


WEEKEND_KEYS = "1: {message: license_renewal}\n    2: {menu: tobacco}"


def test_a_circle_at_some_hours_is_found(folder: Path, change: Change) -> None:
    """At weekends the way back to the licenses leads to the menu that takes their place."""
    change("menus.yaml", WEEKEND_KEYS, "1: {menu: about}")
    add_menus(folder, "about: {label: {en: about, es: otra}, keys: {1: {menu: licenses}}}")
    found = mistakes(folder)
    assert {each.field for each in found} == {"about", "licenses_weekend"}
    assert all("in a circle while weekend is open: to no topic" in each.message for each in found)


@pytest.mark.parametrize(
    "about",
    ["keys: {1: {menu: licenses}}, instead: [{hours: weekend, menu: property}]",
     "keys: {1: {message: offices}}, instead: [{hours: office, menu: licenses}]"],
    ids=["a way out at the same hours", "hours that never meet"],
)  # fmt: skip
def test_menus_that_take_each_others_place_are_no_circle(folder: Path, change: Change, about: str) -> None:
    change("menus.yaml", WEEKEND_KEYS, "1: {menu: about}")
    change("menus.yaml", "8: place", "8: {menu: about}")
    add_menus(folder, f"about: {{label: {{en: about, es: otra}}, {about}}}")
    assert "about" in pack.read(folder).agency.menus


NEVER = "never: {every_day: [], monday: [], special: {2027-04-15: []}, holidays: open}\n"
BY_HOURS = [
    ("queues.yaml", "Operador}\n  hours: always", "Operador}\n  hours: office",
     "lines.yaml", ["100.operator", "105.operator", "110.operator", "120.operator", "130.operator"]),
    ("queues.yaml", "Operador}\n  hours: always", "Operador}\n  hours: never",
     "queues.yaml", ["operator.hours"]),
    ("lines.yaml", "menu: unclaimed\n  hours: office", "menu: unclaimed\n  hours: never", "lines.yaml", ["140.hours"]),
    ("lines.yaml", "menu: unclaimed\n  hours: office", "menu: unclaimed\n  hours: always",
     "lines.yaml", ["140.closed_menu"]),
    ("lines.yaml", "menu: business\n  hours: always", "menu: business\n  hours: always\n  closed_menu: after_hours",
     "lines.yaml", ["130.closed_menu"]),
    ("queues.yaml", "callback: {offer_after_s: 20,", "callback: {hours: never, offer_after_s: 20,",
     "queues.yaml", ["property.callback.hours"]),
    ("staff.yaml", "languages: [en]", "languages: [en]\n  hours: never", "staff.yaml", ["amara.okafor.hours"]),
    ("menus.yaml", "hours: weekend, menu", "hours: never, menu", "menus.yaml", ["licenses.instead[0].hours"]),
    ("menus.yaml", "after_hours:\n", "after_hours:\n  instead: [{hours: office, menu: closed}]\n",
     "menus.yaml", ["closed"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "where", "fields"), BY_HOURS)
def test_what_nobody_hears_or_reaches_at_some_hour_is_found(
    folder: Path, change: Change, name: str, old: str, new: str, where: str, fields: list[str]
) -> None:
    """One mistake for one cause; the operator's queue must be open whenever its line is."""
    change(name, old, new)
    if "never" in new:
        with (folder / "hours.yaml").open("a") as file:
            file.write(NEVER)
    if "menu: closed}" in new:
        add_menus(folder, "closed: {label: {en: closed, es: cerrado}, keys: {1: {message: offices}}}")
    found = mistakes(folder)
    assert [(each.file, each.field) for each in found] == [(where, field) for field in fields], list(map(str, found))


@pytest.mark.parametrize("hours", ["always", "snow"])
def test_a_switch_for_an_emergency_is_no_mistake(folder: Path, change: Change, hours: str) -> None:
    """The menu whose place is taken always is entered again without the switch; one of a day that is over stays out."""
    change("menus.yaml", "hours: weekend, menu", f"hours: {hours}, menu")
    with (folder / "hours.yaml").open("a") as file:
        file.write("snow: {every_day: [], special: {2024-03-05: ['00:00-24:00']}}\n")
    assert pack.read(folder, date(2026, 11, 30)).agency.menus["licenses"].instead[0].calendar == hours


@pytest.mark.parametrize(("today", "over"), [(date(2024, 3, 5), False), (date(2024, 3, 6), True)])
def test_a_day_that_is_over_is_nobodys_mistake(folder: Path, change: Change, today: date, over: bool) -> None:
    change("queues.yaml", "Operador}\n  hours: always", "Operador}\n  hours: staffed")
    with (folder / "hours.yaml").open("a") as file:
        file.write("staffed: {every_day: ['00:00-24:00'], holidays: open, closed: [2024-03-05]}\n")
    if over:
        assert pack.read(folder, today).agency.queues["operator"].calendar == "staffed"
    else:
        found = mistakes(folder, today)
        assert {each.field for each in found} >= {"100.operator"}
        assert all(each.message.endswith("such as on 2024-03-05") for each in found)


def test_the_hours_of_a_mistake_are_named_by_their_day(folder: Path, change: Change) -> None:
    change("queues.yaml", "Operador}\n  hours: always", "Operador}\n  hours: office")
    assert all(each.message.endswith("open, such as on Monday") for each in mistakes(folder))


def test_an_operator_who_works_while_the_line_is_open_is_enough(folder: Path, change: Change) -> None:
    """Longer than the line, and on its holidays, too."""
    change("lines.yaml", "menu: business\n  hours: always", "menu: business\n  hours: office")
    assert pack.read(folder).agency.lines["130"].calendar == "office"


def test_a_menu_with_nothing_to_choose_in_one_language_is_found(folder: Path, change: Change) -> None:
    change("menus.yaml", "1: {message: unclaimed_search}", "1: {message: unclaimed_search, languages: [en]}")
    change("menus.yaml", "2: {message: offices}", "2: {message: offices, languages: [en]}")
    change("menus.yaml", "    3: {message: due_dates}\n    4: {times: unclaimed_property}\n    5: place\n", "")
    assert ["there is nothing to choose in 'es'" in each.message for each in mistakes(folder)] == [True]


def test_a_queue_that_nobody_serves_in_a_language_is_found(folder: Path, change: Change) -> None:
    staff = folder / "staff.yaml"
    text = staff.read_text()
    blocks = text.split("\n  languages: ")
    kept = [
        block.replace("[en, es]", "[en]", 1) if "collections" in before else block
        for before, block in itertools.pairwise(blocks)
    ]
    staff.write_text("\n  languages: ".join([blocks[0], *kept]))
    found = [each for each in mistakes(folder) if each.file == "menus.yaml"]
    assert [each.field for each in found] == ["payments.keys.3"]


SVG = "{http://www.w3.org/2000/svg}"


def drawn(agency: Agency, language: str) -> dict[str, list[str]]:
    """What the picture shows: the title of each box to its rows, whole, as "KEY TEXT"; then what is said there."""
    found = {}
    for box in ElementTree.fromstring(svg.draw(agency, language)).findall(f"{SVG}g"):
        rows = [" ".join(each.text or "" for each in row.findall(f"{SVG}text")) for row in box.findall(f"{SVG}g")]
        read_out = " ".join(each.text or "" for each in box.findall(f"{SVG}text")[2:])
        title = (box.findtext(f"{SVG}title") or "").partition(":")[0]
        found[title] = [each.replace("\N{NO-BREAK SPACE}", " ") for each in (*rows, read_out)]
    return found


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_picture_shows_where_every_key_leads(language: str) -> None:
    agency = pack.read(DEMO).agency
    found = drawn(agency, language)
    for menu in agency.menus.values():
        *rows, read_out = found[f"menu {menu.id}"]
        assert read_out == "" and len(rows) == len(menu.keys) + len(menu.ways) + len(menu.instead)
        for key, topic in menu.keys.items():
            label, queue = (
                agency.topics[topic].label[language],
                agency.queues[agency.topics[topic].queue].label[language],
            )
            assert f"{key} {label} → {queue}" in rows
    other = agency.messages["other_languages"]
    assert f"5 {other.label[language]} (en only)" in found["menu information"]
    assert found["message other_languages"] == [other.text[language]]
    assert found["digits letter_number"][-1] == agency.digits["letter_number"].prompt[language]


def test_the_picture_shows_what_was_written_by_hand(folder: Path, change: Change) -> None:
    """A prompt that names another key than the menu has, and what is heard when a line is closed."""
    prompt = "{en: 'For what you owe, press 7. For anything else, press 0.', es: 'Para lo que debe, oprima el 7.'}"
    change("menus.yaml", "  label: {en: a bill", f"  prompt: {prompt}\n  label: {{en: a bill")
    change("lines.yaml", "topic: identity_letter\n  hours: always", "topic: identity_letter\n  hours: office")
    agency = pack.read(folder).agency
    found = drawn(agency, "en")
    assert found["menu payments"][-1] == "For what you owe, press 7. For anything else, press 0."
    label = agency.topics["identity_letter"].label["en"]
    assert found["line 110"] == [
        f"open (office): {label} → Identity letters", f"closed: “{agency.prompts['closed']['en']}”", "",
    ]  # fmt: skip
    assert found["line 120"][0].startswith("open (always): ") and len(found["line 120"]) == 2, "never closed"


def test_no_two_boxes_of_the_picture_overlap() -> None:
    from civicline.agency.picture.boxes import boxes
    from civicline.agency.picture.layout import WIDTH, place

    layout = place(boxes(pack.read(DEMO).agency, "en"))
    every = list(layout.placed.values())
    for one in every:
        assert one.left + WIDTH <= layout.width and one.top + one.height <= layout.height
        for other in every:
            apart = one.top >= other.top + other.height or other.top >= one.top + one.height
            assert one is other or one.column != other.column or apart


def test_a_menus_recordings_are_known_by_their_language(folder: Path) -> None:
    (folder / "prompts" / "es").mkdir(exist_ok=True)
    with wave.open(str(folder / "prompts" / "es" / "menu.business.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\0" * 800)
    menus = pack.read(folder).agency.menus
    assert {id_: menu.recorded for id_, menu in menus.items() if menu.recorded} == {"business": ("es",)}


def test_the_hours_of_staff_and_the_words_of_the_wait_reach_the_rules(folder: Path, change: Change) -> None:
    change("staff.yaml", "languages: [en]", "languages: [en]\n  hours: office")
    agency = pack.read(folder).agency
    assert (agency.staff["amara.okafor"].calendar, agency.staff["ben.castellano"].calendar) == ("office", "")
    assert {name for name in agency.prompts if name.startswith("wait.")} == {waits.name(each) for each in told.ranges()}


def test_a_pack_without_words_for_the_wait_is_whole(folder: Path) -> None:
    for language in ("en", "es"):
        path = folder / "prompts" / f"{language}.yaml"
        path.write_text(path.read_text().partition("wait_under:")[0])
    assert not any(name.startswith("wait") for name in pack.read(folder).agency.prompts)
