"""Every prompt of a pack by name: what is written, and what is made from labels and figures."""

from __future__ import annotations

from civicline.agency import times, waits
from civicline.agency.files import Files
from civicline.agency.positions import POSITIONS
from civicline.agency.schema import AgencyFile, MenuPart, QueuePart
from civicline.core.agency import Span, Text, Way, WayKind

ALWAYS = frozenset({
    "notice", "recording_refused", "invalid_key", "no_key", "please_wait", "closed", "full", "connecting", "on_hold",
    "menu_topic", "menu_operator",
})  # fmt: skip
"""What the voice application says, by name; each language needs all of them."""
LANGUAGE = "language"
NESTED = frozenset({"menu_back"})
MESSAGES = frozenset({"message_choices"})
DIGITS = frozenset({"digits_entered", "digits_confirm"})
POSITION = frozenset({"position", "position_first", "position_far", "still_waiting"})
PLACE = frozenset({"menu_place", "code_ask", "code_unknown"})
TIMES = frozenset({"menu_times", "times_ask_menu", "times_none", "times_full"})
"""A key of a menu leads to the times at which one may be rung."""
HOLD = frozenset({"hold_offer", "hold_kept", "hold_goodbye", "ringing_back", "place_restored"})
"""Virtual hold: offered in line, taken, whoever is rung back is greeted; whoever comes back has the old place."""
NUMBER = frozenset({"hold_offer_number", "number_ask", "number_wrong", "number_declined"}) | DIGITS
"""Another number may be keyed in, at which to be rung."""
LINE = POSITION | HOLD | NUMBER | PLACE | TIMES | waits.PROMPTS | times.PROMPTS | times.CODE | times.OPTIONAL
EVERY = ALWAYS | {LANGUAGE} | NESTED | MESSAGES | DIGITS | LINE
PLACES = (
    {
        "menu_topic": {"topic", "key"},
        LANGUAGE: {"key"},
        "menu_place": {"key"},
        "menu_times": {"topic", "key"},
        "position": {"number"},
        "ringing_back": {"agency"},
    }
    | waits.PLACES
    | times.PLACES
)
"""What is filled in, by prompt."""
MAY_BE_WORDS = frozenset({LANGUAGE})
"""Those that may go without their place: the key is written out."""
MENU = frozenset({"menu_topic", "menu_place", "menu_times", "menu_operator"})
TEMPLATES = MENU | {"position"} | waits.TEMPLATES | times.TEMPLATES | times.OPTIONAL
"""Parts of other prompts, never said by themselves."""
TABLES = {
    WayKind.TOPIC: "topics",
    WayKind.MENU: "menus",
    WayKind.MESSAGE: "messages",
    WayKind.DIGITS: "digits",
    WayKind.QUEUE: "queues",
    WayKind.TIMES: "topics",
}


def needed(files: Files, languages: int) -> frozenset[str]:
    """The prompts that this pack has to have in each language."""
    every = files.entries
    wanted = ALWAYS | ({LANGUAGE} if languages > 1 else frozenset())
    wanted |= MESSAGES if every["messages"] else frozenset()
    wanted |= DIGITS if every["digits"] else frozenset()
    kinds = {way.kind for way in _ways(files)}
    wanted |= NESTED if WayKind.MENU in kinds else frozenset()
    wanted |= PLACE if WayKind.PLACE in kinds else frozenset()
    wanted |= TIMES if WayKind.TIMES in kinds else frozenset()
    tells = any(queue.say_every_s is not None for queue in every["queues"].values())
    wanted |= POSITION if tells else frozenset()
    wanted |= HOLD if calls_back(files) else frozenset()
    others = any(queue.callback and queue.callback.other_numbers for queue in every["queues"].values())
    wanted |= NUMBER if others else frozenset()
    chooses = bool(_choosing(files))
    wanted |= times.PROMPTS if chooses else frozenset()
    wanted |= times.CODE if chooses and wanted >= PLACE else frozenset()
    says = any(waits.PROMPTS & texts.keys() for name, texts in every.items() if name.startswith("prompts/"))
    return wanted | (waits.PROMPTS if says else frozenset())


def calls_back(files: Files) -> bool:
    return any(queue.callback is not None for queue in files.entries["queues"].values())


def _choosing(files: Files) -> list[QueuePart]:
    """Queues in which a caller may choose a time."""
    return [each for each in files.entries["queues"].values() if each.callback and each.callback.choose_time]


def _ways(files: Files) -> list[Way]:
    """All that a key, or digits that were confirmed, lead along."""
    ways = [way for part in files.entries["menus"].values() for way in part.keys.values()]
    return ways + [part.then for part in files.entries["digits"].values()]


def label(files: Files, way: Way) -> Text:
    """What a way is called after "For"; nothing for the operator or a place."""
    part = files.entries[TABLES[way.kind]].get(way.to) if way.kind in TABLES else None
    return (part.label or {}) if part is not None else {}


def menu_prompt(files: Files, language: str, part: MenuPart) -> str:
    """What the keys lead to, by key, then the operator. The way back is a prompt of its own: `Menu.says_back`."""
    texts = files.entries[f"prompts/{language}"]
    said = []
    for key, way in sorted(part.keys.items()):
        if way.languages and language not in way.languages:
            continue
        told = label(files, way).get(language)
        if way.kind is WayKind.PLACE:
            said.append(texts["menu_place"].format(key=key))
        elif told:
            template = "menu_times" if way.kind is WayKind.TIMES else "menu_topic"
            said.append(texts[template].format(topic=told, key=key))
    return " ".join([*said, texts["menu_operator"]])


def prompts(files: Files, head: AgencyFile) -> dict[str, Text]:
    """All but the menus' own."""
    found: dict[str, Text] = {}
    for key, language in enumerate(head.languages, start=1):
        texts = files.entries[f"prompts/{language}"]
        filled = {"ringing_back": {"agency": head.name[language]}, LANGUAGE: {"key": str(key)}}
        for name, text in texts.items():
            if name not in TEMPLATES:
                said = text.format(**filled[name]) if name in filled else text
                found.setdefault(name, {})[language] = said
        for name, text in _figures(files, texts).items():
            found.setdefault(name, {})[language] = text
    found |= {f"message.{id_}": part.text for id_, part in files.entries["messages"].items()}
    return found | {f"digits.{id_}": part.prompt for id_, part in files.entries["digits"].items()}


def _figures(files: Files, texts: dict[str, str]) -> dict[str, str]:
    """Digits that are read back, positions in line and waits."""
    reads = bool(files.entries["digits"]) or calls_back(files)
    digits = {f"digit.{digit}": str(digit) for digit in range(10)} if reads else {}
    digits |= waits.spoken(texts) | times.spoken(texts, _slot_hours(files))
    position = texts.get("position")
    if position is None:
        return digits
    return digits | {f"position.{n}": position.format(number=n) for n in range(2, POSITIONS + 1)}


def _slot_hours(files: Files) -> list[tuple[Span, int]]:
    """Hours in which a caller may choose a time, with the length of their slots in seconds."""
    chosen = ((queue.callback, queue.hours) for queue in _choosing(files) if queue.callback)
    found = ((files.entries["hours"].get(policy.hours or usual), policy.slot_s) for policy, usual in chosen)
    return [(span, slot_s) for hours, slot_s in found if hours is not None for span in hours.spans]
