"""Where made-up callers ring and what they press: every way through the agency's menus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from civicline.core.agency import Agency, Line, Menu, Way, WayKind

WEIGHTS = {"refund": 16.0, "individual_income_tax": 12.0, "accounts_receivable": 16.0, "identity_letter": 8.0,
           "billing_notice": 10.0, "property_tax": 8.0, "withholding_tax": 6.0}  # fmt: skip
USUAL = 2.0
"""How many ask for another topic, in the same measure."""
ASKING = 1.0
"""How many listen to one message and hang up."""
LINES = (0.8, 0.2)
"""The first line's share, and that of the others together."""
DEEPEST = 4


@dataclass(frozen=True)
class Route:
    """`keys`: groups, each pressed when the voice pauses; within a group one key follows the other. `speaks`: the
    line has a language of its own. `asks`: the call ends with an answer that is read out."""

    dial: str
    keys: tuple[str, ...]
    weight: float
    speaks: bool = False
    asks: bool = False


def routes(agency: Agency) -> list[Route]:
    """By weight; of all lines that have a menu or a topic."""
    found: list[Route] = []
    for number, line in agency.lines.items():
        mine = list(_of_line(agency, line))
        first = number == next(iter(agency.lines))
        share = LINES[0] if first else LINES[1] / max(1, len(agency.lines) - 1)
        total = sum(route.weight for route in mine) or 1.0
        found += [_weighing(route, route.weight * share / total) for route in mine]
    return found


def _weighing(route: Route, weight: float) -> Route:
    return Route(route.dial, route.keys, weight, route.speaks, route.asks)


def _of_line(agency: Agency, line: Line) -> Iterator[Route]:
    speaks = bool(line.language)
    if line.topic:
        yield Route(line.number, (), WEIGHTS.get(line.topic, USUAL), speaks)
    elif line.menu in agency.menus:
        for keys, weight, asks in _through(agency, agency.menus[line.menu], ()):
            yield Route(line.number, keys, weight, speaks, asks)


def _through(agency: Agency, menu: Menu, before: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], float, bool]]:
    for key, topic in menu.keys.items():
        yield (*before, key), WEIGHTS.get(topic, USUAL), False
    for key, way in menu.ways.items():
        yield from _along(agency, way, (*before, key))


def _along(agency: Agency, way: Way, keys: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], float, bool]]:
    if way.kind is WayKind.MENU and len(keys) < DEEPEST:
        yield from _through(agency, agency.menus[way.to], keys)
    elif way.kind is WayKind.DIGITS:
        digits = "12345678901234567890"[: agency.digits[way.to].longest]
        yield (*keys, digits, "1"), USUAL, False
    elif way.kind in (WayKind.QUEUE, WayKind.MESSAGE) and not way.languages:
        asks = way.kind is WayKind.MESSAGE
        yield keys, ASKING if asks else USUAL, asks


def to_json(found: list[Route]) -> list[dict[str, object]]:
    return [
        {"dial": each.dial, "keys": " ".join(each.keys), "weight": each.weight, "speaks": each.speaks,
         "asks": each.asks} for each in found
    ]  # fmt: skip


def from_json(value: list[Mapping[str, object]]) -> list[Route]:
    return [
        Route(str(each["dial"]), tuple(str(each["keys"]).split()), float(str(each["weight"])),
              bool(each.get("speaks")), bool(each.get("asks"))) for each in value
    ]  # fmt: skip
