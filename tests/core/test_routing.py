"""Who takes whom, by example."""

from civicline.core import requests as r
from civicline.core.routing import effective_priority, reach
from core import packs
from core.floor import Floor


def order(floor, agent, contacts):
    """In which order one agent serves those who wait."""
    served = []
    for _ in contacts:
        contact = floor.state.agents[agent].contact
        served.append(contact)
        floor.served(contact, agent, talk_s=0.0, wrap_s=0.0)
    return served


def test_best_level_first():
    floor = Floor()
    floor.ready("bob")
    floor.wait(5)
    floor.ready("ann")
    assert floor.call("c1", "income").agent == "ann", "though bob has been idle for longer"


def test_longest_idle_of_equal_level():
    floor = Floor()
    floor.ready("bob")
    floor.wait(5)
    floor.ready("eve")
    assert floor.call("c1", "driver", "es").agent == "eve", "bob speaks no Spanish"
    floor.served("c1", "eve")
    floor.do(r.SignOut("eve"))
    assert floor.call("c2", "driver").agent == "bob"


def test_idle_time_counts_from_the_last_contact():
    floor = Floor()
    floor.ready("cid")
    floor.wait(5)
    floor.ready("dee")
    assert floor.call("c1").agent == "cid"
    floor.served("c1", "cid")
    assert floor.call("c2").agent == "dee"


def test_first_come_first_served_within_a_priority():
    floor = Floor()
    names = [f"c{n}" for n in range(4)]
    for name, topic in zip(names, ["income", "sales", "income", "sales"], strict=True):
        floor.call(name, topic)
    floor.ready("ann")
    assert order(floor, "ann", names) == names


def test_higher_priority_first_until_age_makes_up_for_it():
    floor = Floor()
    floor.call("old", "income")
    floor.call("new", "driver", after=89)
    floor.ready("bob")
    assert order(floor, "bob", "12") == ["new", "old"]
    floor.do(r.TakeBreak("bob"))
    floor.call("old2", "income")
    floor.call("new2", "driver", after=90)
    floor.do(r.BecomeAvailable("bob"))
    assert order(floor, "bob", "12") == ["old2", "new2"], "one priority higher for every 90 s"


def test_overflow_in_steps():
    floor = Floor()
    contact = floor.call("c1", "income")
    floor.ready("cid")
    seen = []
    for _ in range(3):
        floor.wait(29.9)
        seen.append((contact.step, contact.agent))
    assert seen == [(0, None), (1, None), (2, "cid")]


def test_operator_is_reached_through_another_queue_without_the_skill():
    floor = Floor()
    floor.ready("dee")
    contact = floor.call("c1", "income", "es")
    floor.wait(119)
    assert contact.agent is None
    floor.wait(1)
    assert (contact.step, contact.agent) == (3, "dee")


def test_reach_adds_up():
    queue = Floor().state.agency.queues["tax"]
    assert (reach(queue, 0).min_level, reach(queue, 1).min_level, reach(queue, 3).min_level) == (3, 1, 1)
    assert reach(queue, 2).tiers == {1, 2} and reach(queue, 3).others == {"operator"}


def test_ageing_can_be_switched_off():
    floor = Floor()
    floor.call("c1", "driver")
    bucket = next(iter(floor.state.derived.line))
    assert effective_priority(packs.WHOLE, bucket, 0.0, 900.0) == 11
    assert effective_priority(packs.SALES_MOVED, bucket, 0.0, 900.0) == 1
