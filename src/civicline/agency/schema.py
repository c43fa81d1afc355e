"""The shape of each file of a pack. What the parts say of each other is looked at in references.py."""

from __future__ import annotations

import re
from datetime import date
from ipaddress import ip_address, ip_network
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from phonenumbers import SUPPORTED_REGIONS
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, model_validator

from civicline.agency.times import DAYS
from civicline.core.agency import Span, Text, Way, WayKind
from civicline.core.model import KEEP_CLOSED_S

LETTERS = {"A": 1, "B": 2, "C": 3, "D": 4, "E": 5}
"""Degrees of proficiency as personnel charts have them: A elementary, C advanced, E complete mastery."""
SPAN = re.compile(r"(\d\d):([0-5]\d)-(\d\d):([0-5]\d)")
DAY_MIN = 24 * 60


def _level(value: Any) -> Any:
    return LETTERS.get(value, value) if isinstance(value, str) else value


def _span(value: Any) -> Span:
    found = SPAN.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("write it as HH:MM-HH:MM, for example 08:00-17:00")
    hour, minute, to_hour, to_minute = (int(part) for part in found.groups())
    span = Span(hour * 60 + minute, to_hour * 60 + to_minute)
    if not span.opens < span.closes <= DAY_MIN:
        raise ValueError("it must close after it opens, and no later than 24:00")
    return span


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("not a time zone: take a name of the IANA list, such as America/Denver")
    ZoneInfo(value)
    return value


def _country(value: str) -> str:
    if value not in SUPPORTED_REGIONS:
        raise ValueError("not a country with telephone numbers: write two letters, such as US")
    return value


def _network(value: str) -> str:
    ip_network(value, strict=False)
    return value


def _host(value: Any) -> tuple[str, int]:
    host, colon, port = str(value).rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError("write it as ADDRESS:PORT, for example 203.0.113.5:5060")
    try:
        ip_address(host)
    except ValueError:
        raise ValueError("write an address, not a name: to look one up would hold up every call") from None
    return host, int(port)


HostPort = Annotated[tuple[str, int], BeforeValidator(_host)]
BARE = {kind.value: Way(kind) for kind in (WayKind.OPERATOR, WayKind.PLACE)}
"""Ways that lead to one thing only, and are named without an id."""
KINDS = tuple(kind.value for kind in WayKind if kind.value not in BARE)
WAY_HINT = f"write a topic's id, `operator`, `place`, or one of {', '.join('{' + kind + ': ID}' for kind in KINDS)}"


def _way(value: Any) -> Way:
    """`refund`, `operator`, `place`, `{menu: business}` or `{message: mailing, languages: [en]}`."""
    if isinstance(value, str):
        return BARE.get(value) or Way(WayKind.TOPIC, value)
    if not isinstance(value, dict):
        raise ValueError(WAY_HINT)
    languages = value.get("languages", [])
    rest = {key: to for key, to in value.items() if key != "languages"}
    if len(rest) != 1 or not rest.keys() <= set(KINDS) or not isinstance(next(iter(rest.values())), str):
        raise ValueError(WAY_HINT)
    if not isinstance(languages, list) or not all(isinstance(each, str) for each in languages):
        raise ValueError("write `languages` as a list, such as [en]")
    kind, to = next(iter(rest.items()))
    return Way(WayKind(kind), to, tuple(languages))


def _given(value: Text) -> Text:
    if any(not text.strip() for text in value.values()):
        raise ValueError("a text is empty: write it, or remove its line")
    return value


def _said(value: str) -> str:
    """What is blank has no sound: music would be heard in its place, and count as having been said."""
    if not value.strip():
        raise ValueError("it is empty: write what is said, or remove its line")
    return value.strip()


Level = Annotated[int, BeforeValidator(_level), Field(ge=1, le=5)]
Hours = Annotated[Span, BeforeValidator(_span)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
StaffName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*([._-][a-z0-9]+)*$", max_length=64)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
Number = Annotated[str, Field(pattern=r"^\+?[0-9]{2,20}$")]
Answer = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]{0,30}$")]
Texts = Annotated[Text, AfterValidator(_given)]
Tier = Annotated[int, Field(ge=1, le=9)]
Seconds = Annotated[float, Field(gt=0, le=86400)]
WayPart = Annotated[Way, BeforeValidator(_way)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class AgencyFile(Part):
    name: Texts
    zone: Annotated[str, AfterValidator(_zone)]
    languages: Annotated[list[Language], Field(min_length=1, max_length=8)]
    holidays: dict[date, str] = {}
    ageing_s: Seconds = 300.0
    country: Annotated[str, AfterValidator(_country)] = "US"


class LinePart(Part):
    """`menu`, or `topic` for a number to which only that matter comes."""

    name: str
    menu: str = ""
    topic: str = ""
    hours: str
    operator: str
    language: str = ""
    closed_menu: str = ""


class RegistrationPart(Part):
    user: Annotated[str, Field(pattern=r"^[^\s@<>\"]{1,64}$")]
    expires_s: Annotated[int, Field(ge=60, le=3600)] = 300
    contact: HostPort | None = None


class TrunkPart(Part):
    """A carrier. Calls are taken from its networks only."""

    networks: Annotated[list[Annotated[str, AfterValidator(_network)]], Field(min_length=1)]
    caller_id: str = ""
    hosts: list[HostPort] = []
    registration: RegistrationPart | None = None
    through: HostPort | None = None
    transport: Literal["udp", "tcp", "tls"] = "udp"

    @model_validator(mode="after")
    def _can_be_reached(self) -> TrunkPart:
        if self.registration is not None and not self.hosts:
            raise ValueError("it registers nowhere: add hosts, or remove registration")
        if self.transport != "udp" and self.through is None:
            raise ValueError("nodes speak UDP: add through, the address of Kamailio, or remove transport")
        if self.registration is not None and self.through is not None and self.registration.contact is None:
            raise ValueError("the carrier would call the node: add contact to registration, where it reaches Kamailio")
        return self


class InsteadPart(Part):
    """Another menu while these hours last."""

    hours: str
    menu: str


class MenuPart(Part):
    """Without a `prompt` of its own it is made from the labels of what the keys lead to."""

    keys: dict[Annotated[str, Field(pattern="^[1-8]$")], WayPart]
    label: Texts | None = None
    prompt: Texts | None = None
    instead: list[InsteadPart] = []
    timeout_s: Annotated[float, Field(ge=1, le=60)] = 6.0
    tries: Annotated[int, Field(ge=1, le=9)] = 3


class MessagePart(Part):
    """An answer that is read out."""

    label: Texts
    text: Texts


class DigitsPart(Part):
    """A number that callers key in and confirm."""

    label: Texts
    prompt: Texts
    shortest: Annotated[int, Field(ge=1, le=20)]
    longest: Annotated[int, Field(ge=1, le=20)]
    then: WayPart


class TopicPart(Part):
    label: Texts
    queue: str
    skill: str


class OverflowPart(Part):
    after_s: Seconds
    min_level: Level | None = None
    tiers: list[Tier] = []
    queues: list[str] = []


class CallbackPart(Part):
    """Whoever would wait `offer_after_s` or longer may have the place kept and be rung."""

    offer_after_s: Annotated[float, Field(ge=0, le=86400)]
    attempts: Annotated[int, Field(ge=1, le=9)] = 3
    capacity: Annotated[int, Field(ge=1, le=1000)] | None = None
    slot_s: Annotated[int, Field(ge=300, le=14_400)] = 1800
    gap_s: Seconds = 600.0
    ring_s: Annotated[float, Field(ge=5, le=120)] = 25.0
    lead_s: Annotated[float, Field(ge=1, le=300)] = 20.0
    hours: str = ""
    keep_place_s: Annotated[float, Field(ge=0, le=KEEP_CLOSED_S)] = 900.0
    limit_a_day: Annotated[int, Field(ge=1, le=99)] = 3
    same_agent_s: Annotated[float, Field(ge=0, le=600)] = 60.0
    other_numbers: bool = False
    choose_time: bool = False


class QueuePart(Part):
    label: Texts
    hours: str
    priority: Annotated[int, Field(ge=0, le=100)] = 0
    min_level: Level = 1
    tiers: Annotated[list[Tier], Field(min_length=1)] = [1]
    ring_s: Annotated[float, Field(ge=5, le=120)] = 20.0
    wrap_up_s: Seconds = 600.0
    max_waiting: Annotated[int, Field(ge=0)] | None = None
    service_level_s: Seconds = 20.0
    overflow: list[OverflowPart] = []
    say_every_s: Annotated[float, Field(ge=10, le=3600)] | None = None
    say: list[str] = []
    callback: CallbackPart | None = None


class SkillPart(Part):
    label: Texts


class HoursPart(Part):
    """`every_day` or single days; agency-wide holidays hold unless `holidays: open`."""

    every_day: list[Hours] = []
    monday: list[Hours] | None = None
    tuesday: list[Hours] | None = None
    wednesday: list[Hours] | None = None
    thursday: list[Hours] | None = None
    friday: list[Hours] | None = None
    saturday: list[Hours] | None = None
    sunday: list[Hours] | None = None
    holidays: Literal["open", "closed"] = "closed"
    closed: list[date] = []
    special: dict[date, list[Hours]] = {}

    @property
    def spans(self) -> list[Span]:
        """Of every day that it speaks of."""
        weekly = (getattr(self, day) or [] for day in DAYS)
        return [span for spans in (self.every_day, *weekly, *self.special.values()) for span in spans]


class StaffPart(Part):
    name: Annotated[str, Field(min_length=1, max_length=120)]
    role: Literal["representative", "supervisor", "administrator"] = "representative"
    queues: list[str] = []
    skills: dict[str, Level] = {}
    languages: Annotated[list[str], Field(min_length=1)]
    tier: Tier = 1
    grade: Annotated[int, Field(ge=1, le=99)] | None = None
    contracted: bool = False
    hours: str = ""


class OfficePart(Part):
    """Another office that callers are sent to; `needs` says what for."""

    label: Texts
    number: Number
    needs: Annotated[dict[Name, Texts], Field(min_length=1)]
    ring_s: Annotated[float, Field(ge=5, le=120)] = 40.0
    helps: bool = False
    """Joins talks, as an interpreter does, and is never left alone with the caller."""
    recorded: bool = False
    """Whoever answers there knows that talks which they join are recorded, say by contract."""


class QuestionPart(Part):
    """`keys` maps a digit to the answer that it means."""

    prompt: Texts
    keys: Annotated[dict[Annotated[str, Field(pattern="^[0-9]$")], Answer], Field(min_length=1)]
    counts_as: Literal["", "calls_so_far", "all_answered", "no_further_contact"] = ""
    timeout_s: Annotated[float, Field(ge=1, le=20)] = 6.0
    tries: Annotated[int, Field(ge=1, le=3)] = 2


class SurveyPart(Part):
    """`lines`: whose callers are asked, all when none is named; `share` of them, 0 to 1, is told of it."""

    invitation: Texts
    thanks: Texts
    questions: Annotated[dict[Name, QuestionPart], Field(min_length=1, max_length=15)]
    lines: list[str] = []
    share: Annotated[float, Field(ge=0, le=1)] = 1.0


class RetentionFile(Part):
    sealed_days: Annotated[int, Field(ge=1, le=36500)]
    """Personal fields of a contact are disposed of so many days after it ended."""
    recording_days: Annotated[int, Field(ge=1, le=36500)] = 90
    """Recordings are disposed of so many days after they began."""


WHOLE: dict[str, type[BaseModel]] = {"agency": AgencyFile, "retention": RetentionFile}
"""Files that are one thing."""
ENTRIES: dict[str, TypeAdapter[Any]] = {
    "lines": TypeAdapter(dict[Number, LinePart]),
    "trunks": TypeAdapter(dict[Name, TrunkPart]),
    "menus": TypeAdapter(dict[Name, MenuPart]),
    "messages": TypeAdapter(dict[Name, MessagePart]),
    "digits": TypeAdapter(dict[Name, DigitsPart]),
    "topics": TypeAdapter(dict[Name, TopicPart]),
    "queues": TypeAdapter(dict[Name, QueuePart]),
    "skills": TypeAdapter(dict[Name, SkillPart]),
    "hours": TypeAdapter(dict[Name, HoursPart]),
    "staff": TypeAdapter(dict[StaffName, StaffPart]),
    "dispositions": TypeAdapter(dict[Name, Texts]),
    "offices": TypeAdapter(dict[Name, OfficePart]),
    "surveys": TypeAdapter(dict[Name, SurveyPart]),
}
"""Files that are a mapping from an id to an entry."""
OPTIONAL = frozenset({"messages", "digits", "surveys", "offices"})
"""Files that a pack may leave out."""
PROMPTS: TypeAdapter[Any] = TypeAdapter(dict[Name, Annotated[str, AfterValidator(_said)]])
