"""What an agency pack says, as the rules need it: lines, menus, topics, queues, hours and staff.

Times are seconds, levels whole numbers from 1 (elementary) to 5 (complete mastery); a pack may write A to E for 1 to 5.
Texts that people read are mappings from language to text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

Text = dict[str, str]


@dataclass(frozen=True, slots=True)
class Span:
    """Open from `opens` to `closes`, minutes after local midnight; `closes` may be 1440."""

    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """Opening hours in the agency's zone: weekday "0" (Monday) to "6" -> spans; dates "2026-12-25" that are closed,
    and dates with hours of their own."""

    weekly: dict[str, tuple[Span, ...]]
    closed: tuple[str, ...] = ()
    special: dict[str, tuple[Span, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Topic:
    id: str
    label: Text
    queue: str
    skill: str


class WayKind(StrEnum):
    TOPIC = "topic"
    MENU = "menu"
    MESSAGE = "message"
    DIGITS = "digits"
    QUEUE = "queue"
    OPERATOR = "operator"
    PLACE = "place"
    """The caller keys in the code of a place that is kept."""
    TIMES = "times"
    """The caller may choose a time at which to be rung about a topic, without having waited."""


@dataclass(frozen=True, slots=True)
class Way:
    """Where a key leads: `to` is the id of what `kind` says (a topic's for times), "" for the operator and a place.
    `languages` () means all of them."""

    kind: WayKind
    to: str = ""
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Instead:
    """While the calendar is open, `menu` is entered in place of another one."""

    calendar: str
    menu: str


@dataclass(frozen=True, slots=True)
class Menu:
    """`keys` maps a digit from 1 to 8 to a topic, `ways` one to anything else. 0 is always the operator, 9 always
    refuses recording, * goes back, # repeats."""

    id: str
    prompt: Text
    keys: dict[str, str]
    timeout_s: float = 6.0
    tries: int = 3
    label: Text = field(default_factory=dict)
    ways: dict[str, Way] = field(default_factory=dict)
    instead: tuple[Instead, ...] = ()
    own_prompt: bool = False
    """Its prompt was written by hand, and may say something else than where its keys lead."""
    recorded: tuple[str, ...] = ()
    """Languages in which the pack has a recording of its prompt."""

    def says_back(self, language: str) -> bool:
        """Its prompt itself says the way back, where there is one: those made from labels do not."""
        return self.own_prompt or language in self.recorded


@dataclass(frozen=True, slots=True)
class Message:
    """An answer that is read out; then the caller may hear it again, go back or ask for the operator."""

    id: str
    label: Text
    text: Text


@dataclass(frozen=True, slots=True)
class Digits:
    """A number that the caller keys in, of `shortest` to `longest` digits, and confirms; then `then` is followed."""

    id: str
    label: Text
    prompt: Text
    shortest: int
    longest: int
    then: Way


@dataclass(frozen=True, slots=True)
class Line:
    """A published number. People who choose nothing reach the queue `operator`.

    It has a `menu`, or a `topic` to which all its callers come (the number printed on one kind of letter). `language`:
    the only one that is spoken on it. `closed_menu`: what callers hear outside the hours, "" for the closed message.
    """

    number: str
    name: str
    menu: str
    calendar: str
    operator: str
    topic: str = ""
    language: str = ""
    closed_menu: str = ""


@dataclass(frozen=True, slots=True)
class Overflow:
    """After `after_s` in line a contact may also be taken by others; steps add up."""

    after_s: float
    min_level: int | None = None
    tiers: tuple[int, ...] = ()
    queues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CallbackPolicy:
    """Whoever would wait `offer_after_s` or longer may have the place kept and be rung at their turn.

    At most `attempts` times, `gap_s` apart, for `ring_s` each, while the calendar `hours` is open ("" for the queue's).

    `lead_s`: from ringing somebody to the key 1, until that is learned.

    On the public page people choose a time: slots of `slot_s` each, `capacity` promises a slot. None: nobody
    chooses there, and whoever else asks for a time is held to the hours only.
    """

    offer_after_s: float
    attempts: int = 3
    capacity: int | None = None
    slot_s: int = 1800
    gap_s: float = 600.0
    ring_s: float = 25.0
    lead_s: float = 20.0
    hours: str = ""
    keep_place_s: float = 900.0
    """So long the place of whoever left without a promise, or was not reached, is kept for the same number."""
    limit_a_day: int = 3
    """So many promises one number is given within 24 hours, and never two at once."""
    same_agent_s: float = 60.0
    """So long whoever comes back waits for the representative who has spoken to them, before anybody may take them."""
    other_numbers: bool = False
    """Callers may key in the number at which they are rung."""
    choose_time: bool = False
    """Callers in line may choose one of the slots instead, and those in a menu whose key leads to times."""


@dataclass(frozen=True, slots=True)
class Queue:
    id: str
    label: Text
    calendar: str
    priority: int = 0
    min_level: int = 1
    tiers: tuple[int, ...] = (1,)
    ring_s: float = 20.0
    wrap_up_s: float = 600.0
    max_waiting: int | None = None
    service_level_s: float = 20.0
    overflow: tuple[Overflow, ...] = ()
    say_every_s: float | None = None
    """How often who waits is told the position in line; None: never."""
    say: tuple[str, ...] = ()
    """Messages that are said in turn after the position."""
    callback: CallbackPolicy | None = None
    """None: nobody is called back."""


@dataclass(frozen=True, slots=True)
class Staff:
    """A person who takes contacts: `skills` maps a skill to a level from 1 to 5.

    `contracted`: not the agency's own staff.
    """

    id: str
    name: str
    queues: tuple[str, ...]
    skills: dict[str, int]
    languages: tuple[str, ...]
    tier: int = 1
    role: str = "representative"
    grade: int | None = None
    contracted: bool = False
    calendar: str = ""
    """The hours in which they are planned to work; "": nothing is known of it."""


@dataclass(frozen=True, slots=True)
class Office:
    """Another office that callers are sent to. `needs`: what for, by id; the reason is chosen among them."""

    id: str
    label: Text
    number: str
    needs: dict[str, Text]
    ring_s: float = 40.0
    helps: bool = False
    """Joins talks, as an interpreter does, and is never left alone with the caller."""
    recorded: bool = False
    """Whoever answers there knows that talks which they join are recorded, say by contract."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a survey. `keys` maps a digit to the answer that it means; `counts_as` names the question to the
    measures: "calls_so_far", "all_answered", "no_further_contact", or "" for the agency's own."""

    id: str
    keys: dict[str, str]
    counts_as: str = ""
    timeout_s: float = 6.0
    tries: int = 2


@dataclass(frozen=True, slots=True)
class Survey:
    """Asked by keypad after the call. `lines`: the lines whose callers are asked, () for all; `share` of them (0 to 1)
    is told of it."""

    id: str
    questions: tuple[Question, ...]
    lines: tuple[str, ...] = ()
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Agency:
    name: Text
    zone: str
    languages: tuple[str, ...]
    lines: dict[str, Line]
    menus: dict[str, Menu]
    topics: dict[str, Topic]
    queues: dict[str, Queue]
    calendars: dict[str, Calendar]
    staff: dict[str, Staff]
    dispositions: dict[str, Text]
    prompts: dict[str, Text] = field(default_factory=dict)
    offices: dict[str, Office] = field(default_factory=dict)
    surveys: dict[str, Survey] = field(default_factory=dict)
    ageing_s: float = 300.0
    """A waiting contact counts one priority higher for every `ageing_s` in line, so nobody waits for ever."""
    messages: dict[str, Message] = field(default_factory=dict)
    digits: dict[str, Digits] = field(default_factory=dict)
    country: str = "US"
    """Where its numbers are (ISO 3166): callers' numbers are read as numbers of it."""
