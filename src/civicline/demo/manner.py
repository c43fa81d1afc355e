"""What a caller will do: drawn when the call begins, since callers do not know what awaits them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from civicline.demo.chance import Chance, lognormal, one_of
from civicline.demo.routes import Route
from civicline.voice.media.sdp import PCMA, PCMU

REFUSE_KEY, OPERATOR_KEY = "9", "0"
WRONG_KEYS = "*#"
"""That no question of a survey has."""
WRONG_KEY = "*"
"""Where a first menu has nothing to go back to."""

USUAL, HURRIED, REFUSER, SILENT, WRONG, OPERATOR, QUITTER = (
    "usual", "hurried", "refuses recording", "presses nothing", "presses wrong keys", "operator", "leaves in the menu",
)  # fmt: skip
KINDS = {USUAL: 30.0, HURRIED: 40.0, REFUSER: 8.0, SILENT: 5.0, WRONG: 6.0, OPERATOR: 5.0, QUITTER: 6.0}
LANGUAGES = {"1": 80.0, "2": 20.0}
LAWS = {"both": 75.0, "ulaw": 15.0, "alaw": 10.0}
OFFERED = {"both": (PCMU, PCMA), "ulaw": (PCMU,), "alaw": (PCMA,)}
DTMF = {"101": 70.0, "96": 30.0}

TAKES_OFFER = 0.77
"""Of those who are offered to be called back: what the IRS saw."""
PICKS_UP, RINGS_OUT, BUSY, PRESSES_NOTHING = "picks up", "rings out", "busy", "presses nothing"
AT_HOME = {PICKS_UP: 80.0, RINGS_OUT: 9.0, BUSY: 7.0, PRESSES_NOTHING: 4.0}
"""What becomes of each attempt to ring somebody back: with three, over 90 % are reached, as the IRS saw."""
REACHED_KEY = "1"
CALLS_SO_FAR = {"1": 65.0, "2": 20.0, "3": 10.0, "9": 5.0}
YES_NO = {"1": 75.0, "2": 25.0}
ANSWERS_ALL, PRESSES_WRONG = 0.67, 0.1
PATIENCE_S = 150.0
TALK_S = 30.0
THINK_S = (0.4, 2.0)
QUITS_S = (4.0, 45.0)
ANSWER_S = (14.0, 30.0)
"""How long the answer is listened to by who rang for one."""
NEXT_DIGIT_S = 0.3


@dataclass(frozen=True)
class Press:
    """A key, `wait_s` after the last one (`early`) or after the voice has paused for an answer."""

    key: str
    wait_s: float
    early: bool = False


@dataclass(frozen=True)
class Manner:
    kind: str
    dial: str
    presses: tuple[Press, ...]
    patience_s: float
    """In the line, after the last key."""
    talk_s: float
    hangs_up: bool
    """Or waits for the representative to do so."""
    takes_offer: bool
    """Presses the key for a callback, once it was offered."""
    survey: tuple[Press, ...]
    """Answers to the questions after the call; who has none left hangs up at the next question, or is silent."""
    stays_silent: bool
    quits_s: float | None
    """Leaves so long after the answer, whatever is said."""
    laws: tuple[int, ...]
    dtmf: int


def draw(chance: Chance, routes: Sequence[Route], kind: str = "", language: str = "") -> Manner:
    """`language`: the key of one; else it is drawn, too."""
    chosen = kind or one_of(chance, KINDS)
    route = chance.choices(routes, [each.weight for each in routes])[0]
    asks = route.asks and chosen not in (SILENT, OPERATOR)
    return Manner(
        kind=chosen,
        dial=route.dial,
        presses=tuple(_presses(chance, chosen, route, language)),
        patience_s=chance.uniform(*ANSWER_S) if asks else lognormal(chance, PATIENCE_S, 0.7),
        talk_s=lognormal(chance, TALK_S),
        hangs_up=chance.random() < 0.6,
        takes_offer=chance.random() < TAKES_OFFER,
        survey=tuple(_answers(chance)),
        stays_silent=chance.random() < 0.5,
        quits_s=chance.uniform(*QUITS_S) if chosen == QUITTER else None,
        laws=OFFERED[one_of(chance, LAWS)],
        dtmf=int(one_of(chance, DTMF)),
    )


def rung(chance: Chance, before: Manner, how: str) -> Manner:
    """Who is called back is in no hurry, listens to the end, and presses the key then."""
    presses = (Press(REACHED_KEY, chance.uniform(*THINK_S)),) if how == PICKS_UP else ()
    return replace(before, kind="called back", presses=presses, quits_s=None, takes_offer=False)


def _answers(chance: Chance) -> Sequence[Press]:
    """Two in three answer all; others leave after some questions, or press a wrong key in between."""
    keys = [one_of(chance, CALLS_SO_FAR), one_of(chance, YES_NO), one_of(chance, YES_NO)]
    if chance.random() > ANSWERS_ALL:
        keys = keys[: chance.randrange(len(keys))]
    if keys and chance.random() < PRESSES_WRONG:
        keys.insert(chance.randrange(len(keys)), chance.choice(WRONG_KEYS))
    return [Press(key, chance.uniform(*THINK_S)) for key in keys]


def _presses(chance: Chance, kind: str, route: Route, wanted: str) -> Sequence[Press]:
    def after_pause(*groups: str) -> list[Press]:
        first = [Press(group[0], chance.uniform(*THINK_S)) for group in groups]
        rest = [[Press(key, NEXT_DIGIT_S, early=True) for key in group[1:]] for group in groups]
        return [press for one, more in zip(first, rest, strict=True) for press in (one, *more)]

    def early(*groups: str) -> list[Press]:
        presses = [[Press(key, NEXT_DIGIT_S, early=True) for key in group] for group in groups]
        return [
            Press(press.key, chance.uniform(2.0, 4.0), early=True) if press is group[0] else press
            for group in presses
            for press in group
        ]

    language = () if route.speaks else (wanted or one_of(chance, LANGUAGES),)
    if kind == SILENT:
        return ()
    if kind == HURRIED:
        return early(REFUSE_KEY, *language, *route.keys)
    if kind == REFUSER:
        return [*early(REFUSE_KEY), *after_pause(*language, *route.keys)]
    if kind == WRONG and route.keys:
        return after_pause(*language, WRONG_KEY, *route.keys)
    if kind == OPERATOR:
        return after_pause(*language, OPERATOR_KEY)
    return after_pause(*language, *route.keys)
