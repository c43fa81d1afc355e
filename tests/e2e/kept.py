"""An agency that keeps places, and what the tests of it do again and again."""

from __future__ import annotations

import shutil
from pathlib import Path

from civicline.core.callback_facts import AttemptFailed, PersonReached
from civicline.core.model import Contact
from e2e.callers import Town
from e2e.centre import PACK
from e2e.person import Person
from e2e.test_survey import SURVEYS
from peers.ports import PATIENCE_S, eventually

TOLD = {
    "en": {
        "position": "Number {number}.",
        "position_first": "You are next.",
        "position_far": "Many are before you.",
        "still_waiting": "Still waiting.",
        "hold_offer": "Press two and we will call you.",
        "hold_kept": "Your place is kept. Code",
        "hold_goodbye": "Goodbye.",
        "ringing_back": "This is {agency}. Press one now.",
        "place_restored": "You have your old place again.",
        "hold_offer_number": "Three for another number.",
        "number_ask": "Your number, please.",
        "number_wrong": "Not that number.",
        "number_declined": "That number has one.",
        "digits_entered": "You keyed in",
        "digits_confirm": "One if right.",
        "menu_place": "Code, {key}.",
        "code_ask": "Your code, please.",
        "code_unknown": "Nobody has this code.",
        "hold_offer_time": "Four to choose a time.",
        "times_ask": "One of these times.",
        "menu_times": "To be called about {topic}, {key}.",
        "times_ask_menu": "Choose a time now.",
        "times_none": "No time for you.",
        "times_full": "All times are gone.",
        "times_more": "Four for later.",
        "times_declined": "That one is gone.",
        "time_kept": "We will call you",
        "time_code": "Keep this code:",
        "time_found": "You are to be called",
        "time_cancel": "One to cancel.",
        "time_cancelled": "Not then.",
        "time_key": "take {key},",
        "time_am": "{time} before noon,",
        "time_pm": "{time} after noon,",
        "day_today": "today",
        "day_tomorrow": "tomorrow",
        "day_monday": "Monday",
        "day_tuesday": "Tuesday",
        "day_wednesday": "Wednesday",
        "day_thursday": "Thursday",
        "day_friday": "Friday",
        "day_saturday": "Saturday",
        "day_sunday": "Sunday",
    },
    "es": {
        "position": "Número {number}.",
        "position_first": "Usted sigue.",
        "position_far": "Hay muchos antes.",
        "still_waiting": "Siga en la línea.",
        "hold_offer": "Oprima dos y le llamamos.",
        "hold_kept": "Guardamos su lugar. Código",
        "hold_goodbye": "Adiós.",
        "ringing_back": "Habla {agency}. Oprima uno.",
        "place_restored": "Tiene otra vez su lugar.",
        "hold_offer_number": "Tres para otro número.",
        "number_ask": "Marque su número.",
        "number_wrong": "Ese número no.",
        "number_declined": "Ese número ya tiene una.",
        "digits_entered": "Usted marcó",
        "digits_confirm": "Uno si está bien.",
        "menu_place": "Código, {key}.",
        "code_ask": "Marque su código.",
        "code_unknown": "Nadie tiene este código.",
        "hold_offer_time": "Cuatro para elegir una hora.",
        "times_ask": "Una de estas horas.",
        "menu_times": "Para que le llamen por {topic}, {key}.",
        "times_ask_menu": "Elija ahora una hora.",
        "times_none": "No hay hora para usted.",
        "times_full": "Ya no quedan horas.",
        "times_more": "Cuatro para más tarde.",
        "times_declined": "Esa hora ya no.",
        "time_kept": "Le llamaremos",
        "time_code": "Guarde este código:",
        "time_found": "Le vamos a llamar",
        "time_cancel": "Uno para cancelar.",
        "time_cancelled": "Entonces no.",
        "time_key": "marque {key},",
        "time_am": "por la mañana, {time},",
        "time_pm": "por la tarde, {time},",
        "day_today": "hoy",
        "day_tomorrow": "mañana",
        "day_monday": "el lunes",
        "day_tuesday": "el martes",
        "day_wednesday": "el miércoles",
        "day_thursday": "el jueves",
        "day_friday": "el viernes",
        "day_saturday": "el sábado",
        "day_sunday": "el domingo",
    },
}
POLICY = "offer_after_s: 1, attempts: 2, gap_s: 1, ring_s: 15, limit_a_day: 99, other_numbers: true"
TIMES = "offer_after_s: 1, limit_a_day: 99, capacity: 1, slot_s: 3600, choose_time: true"
"""Of the queue in which a time may be chosen: the soonest begins too late for a test to wait for it."""

NIGHT = "night: {keys: {1: {times: licence}}, timeout_s: 5, tries: 2}\n"
"""What a closed line says."""


def make_pack(folder: Path, person_port: int) -> Path:
    """Its carrier rings people at that port."""
    pack = shutil.copytree(PACK, folder / "pack")
    shutil.copy(SURVEYS, pack)
    trunk = f'local: {{networks: [127.0.0.0/8], caller_id: "100", hosts: ["127.0.0.1:{person_port}"]}}\n'
    (pack / "trunks.yaml").write_text(trunk)
    queues = (pack / "queues.yaml").read_text()
    for most, policy in (("50", POLICY), ("1", TIMES)):
        told = f"max_waiting: {most}, say_every_s: 10, callback: {{{policy}}}}}"
        queues = queues.replace(f"max_waiting: {most}}}", told)
    (pack / "queues.yaml").write_text(queues)
    menus = (pack / "menus.yaml").read_text()
    (pack / "menus.yaml").write_text(menus.replace("3: licence", "3: licence, 4: place") + NIGHT)
    with (pack / "lines.yaml").open("a") as file:
        file.write('"201": {name: Night, menu: main, hours: never, closed_menu: night, operator: operator}\n')
    for language, texts in TOLD.items():
        with (pack / "prompts" / f"{language}.yaml").open("a") as file:
            file.writelines(f'{name}: "{text}"\n' for name, text in texts.items())
    return pack


def keeps_the_place(town: Town, language: str = "en", own: str = "2025550143") -> str:
    """From the call to its end; the contact's id."""
    with town.call(own=own) as caller:
        caller.go_to("refund", language)
        caller.hear("hold_offer", language)
        caller.press("2")
        caller.until("kept")
        caller.hear("hold_kept", language)
        code = caller.contact.promise.code if caller.contact.promise else ""
        for digit in code:
            caller.hear(f"digit.{digit}", language)
        caller.hear("hold_goodbye", language)
        caller.gone()
        found = caller.id
    eventually(lambda: is_ready(town, found), what="the end of the first call")
    return found


def is_ready(town: Town, contact: str) -> bool:
    promise = town.centre.contact(contact).promise
    return promise is not None and promise.ready


def until(town: Town, contact: str, state: str, within_s: float = PATIENCE_S) -> Contact:
    eventually(lambda: town.centre.contact(contact).state == state, within_s, f"a contact that is {state}")
    return town.centre.contact(contact)


def failures(town: Town, contact: str) -> list[str]:
    return [fact.why.value for fact in town.facts(AttemptFailed) if fact.contact == contact]


def reaches(town: Town, contact: str) -> int:
    return sum(fact.contact == contact for fact in town.facts(PersonReached))


def answers(rung: Person, language: str = "en") -> None:
    for question, key in (("times", "3"), ("answered", "1"), ("settled", "1")):
        rung.hear(f"survey.short.{question}", language)
        rung.ear.press(key)
