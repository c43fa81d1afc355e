"""Agency packs for the tests of the rules: one whole, and the ways in which a reload takes things away."""

from dataclasses import replace

from civicline.core.agency import (
    Agency,
    Calendar,
    CallbackPolicy,
    Digits,
    Instead,
    Line,
    Menu,
    Message,
    Office,
    Overflow,
    Question,
    Queue,
    Span,
    Staff,
    Survey,
    Topic,
    Way,
    WayKind,
)

WHOLE_DAY = (Span(0, 1440),)
ALWAYS = Calendar({str(day): WHOLE_DAY for day in range(7)})
OFFICE = Calendar({str(day): (Span(480, 1020),) for day in range(5)})


def label(text: str) -> dict[str, str]:
    return {"en": text, "es": text}


def queue(name: str, calendar: str = "always", **more) -> Queue:
    return Queue(name, label(name), calendar, **more)


def topic(name: str, to: str, skill: str = "") -> Topic:
    return Topic(name, label(name), to, skill)


def staff(name: str, queues: str, skills: dict[str, int], languages: str = "en", tier: int = 1) -> Staff:
    return Staff(name, name, tuple(queues.split()), skills, tuple(languages.split()), tier)


QUEUES = (
    queue(
        "tax",
        min_level=3,
        say_every_s=25,
        callback=CallbackPolicy(60, attempts=2, gap_s=120, ring_s=20, lead_s=15),
        overflow=(Overflow(30, min_level=1), Overflow(60, tiers=(2,)), Overflow(120, queues=("operator",))),
    ),
    queue(
        "licence",
        priority=1,
        max_waiting=2,
        say_every_s=20,
        ring_s=10,
        wrap_up_s=60,
        overflow=(Overflow(50, queues=("tax",)),),
    ),
    queue("permits", calendar="office"),
    queue(
        "operator",
        tiers=(1, 2),
        say_every_s=30,
        callback=CallbackPolicy(
            0, attempts=3, gap_s=60, hours="office", other_numbers=True, capacity=1, choose_time=True
        ),
    ),
)
TOPICS = (
    topic("income", "tax", "income"),
    topic("sales", "tax", "sales"),
    topic("driver", "licence", "driver"),
    topic("building", "permits", "building"),
    topic("records", "operator", "records"),
)
STAFF = (
    staff("ann", "tax", {"income": 5, "sales": 3}, "en es"),
    staff("bob", "tax licence", {"income": 3, "sales": 1, "driver": 4}),
    staff("cid", "tax operator", {"income": 2, "records": 2}, "en", tier=2),
    staff("dee", "operator permits", {"building": 2}, "en es"),
    staff("eve", "licence permits", {"driver": 4, "building": 5}, "es"),
)


def by_id(items):
    return {item.id: item for item in items}


YES_NO = {"1": "yes", "2": "no"}
TIMES = Question("times", {str(n): str(n) for n in range(1, 10)}, "calls_so_far")
ANSWERED = Question("answered", YES_NO, "all_answered")
SETTLED = Question("settled", YES_NO, "no_further_contact")
SURVEY = Survey("after_call", (TIMES, ANSWERED, SETTLED), lines=("+1",))

WHOLE = Agency(
    name=label("Revenue"),
    zone="America/Denver",
    languages=("en", "es"),
    lines={
        "+1": Line("+1", "main", "main", "always", "operator"),
        "+2": Line("+2", "permits", "permits", "office", "permits"),
        "+3": Line("+3", "letters", "", "always", "operator", topic="driver", language="es"),
        "+4": Line("+4", "night", "main", "office", "operator", closed_menu="night"),
    },
    menus={
        "main": Menu(
            "main",
            label("menu"),
            {"1": "income", "2": "sales", "3": "driver", "4": "building"},
            ways={
                "5": Way(WayKind.MENU, "more"),
                "6": Way(WayKind.MESSAGE, "address"),
                "7": Way(WayKind.QUEUE, "licence"),
            },
        ),
        "more": Menu(
            "more",
            label("more"),
            {},
            instead=(Instead("office", "day"),),
            ways={
                "1": Way(WayKind.DIGITS, "notice"),
                "2": Way(WayKind.MENU, "main"),
                "3": Way(WayKind.MENU, "deep"),
            },
        ),
        "deep": Menu("deep", label("deep"), {"1": "sales"}),
        "day": Menu("day", label("day"), {"1": "building"}, ways={"2": Way(WayKind.MENU, "deep")}),
        "permits": Menu("permits", label("permits"), {"1": "building"}),
        "night": Menu(
            "night", label("night"), {}, ways={"1": Way(WayKind.MESSAGE, "address"), "2": Way(WayKind.TIMES, "records")}
        ),
    },
    messages={"address": Message("address", label("address"), label("Write to us."))},
    digits={"notice": Digits("notice", label("notice"), label("Key it in."), 3, 6, Way(WayKind.TOPIC, "income"))},
    topics=by_id(TOPICS),
    queues=by_id(QUEUES),
    calendars={"always": ALWAYS, "office": OFFICE},
    staff=by_id(STAFF),
    dispositions={"done": label("done"), "referred": label("referred")},
    offices={
        "vehicles": Office("vehicles", label("Vehicles"), "+13035550100", {"plates": label("plates")}),
        "county": Office("county", label("County"), "+13035550102", {"bill": label("bill")}, recorded=True),
        "interpreter": Office("interpreter", label("Interpreter"), "+13035550101", {"other": label("?")}, helps=True),
    },
    surveys={"after_call": SURVEY},
    ageing_s=90,
)


def without(mapping, *names):
    return {key: value for key, value in mapping.items() if key not in names}


NO_LICENCE = replace(WHOLE, queues=without(WHOLE.queues, "licence"), topics=without(WHOLE.topics, "driver", "sales"))
FEW_STAFF = replace(WHOLE, staff=without(WHOLE.staff, "ann", "dee"))
NO_MAIN_LINE = replace(WHOLE, lines=without(WHOLE.lines, "+1"), dispositions=without(WHOLE.dispositions, "referred"))
SALES_MOVED = replace(
    WHOLE,
    topics=WHOLE.topics | {"sales": topic("sales", "operator", "sales"), "income": topic("income", "tax", "sales")},
    queues=WHOLE.queues | {"tax": replace(WHOLE.queues["tax"], priority=2, ring_s=5, overflow=())},
    ageing_s=0,
)
NO_CALLBACKS = replace(WHOLE, queues={id_: replace(each, callback=None) for id_, each in WHOLE.queues.items()})
NO_SURVEY = replace(WHOLE, surveys={})
FEW_QUESTIONS = replace(WHOLE, surveys={"after_call": replace(SURVEY, questions=(SETTLED,), share=0.5)})
NO_QUEUES = replace(WHOLE, lines={}, topics={}, queues={}, offices={})
NO_MENUS = replace(WHOLE, menus={"main": Menu("main", label("menu"), {"1": "income"})}, messages={}, digits={})
ALL = {
    "no_menus": NO_MENUS,
    "whole": WHOLE,
    "no_licence": NO_LICENCE,
    "few_staff": FEW_STAFF,
    "no_main_line": NO_MAIN_LINE,
    "sales_moved": SALES_MOVED,
    "no_queues": NO_QUEUES,
    "no_callbacks": NO_CALLBACKS,
    "no_survey": NO_SURVEY,
    "few_questions": FEW_QUESTIONS,
}
