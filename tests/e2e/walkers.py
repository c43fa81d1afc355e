"""Many callers at once who know what they want: SIPp presses the keys of a walk from a capture and hangs up when told.

One SIPp answers for all representatives. No sound is listened to here; that is done by `e2e.callers`.
"""

from __future__ import annotations

import csv
import re
import shutil
import socket
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from civicline.core import requests
from civicline.core.agency import Agency
from civicline.core.lifecycle import AgentState, TopicBy
from civicline.core.model import Contact
from civicline.people import keyset
from civicline.phones import accounts
from civicline.voice.names import Names
from e2e.callers import SCENARIOS
from e2e.centre import PASSWORD, Centre
from e2e.listeners import listen, wrap_up
from e2e.pcaps import digits
from e2e.walks import REFUSE, Walk, walks
from peers.ports import eventually, free_udp
from peers.sipp import Sipp

AT_ONCE = 70
PLACE_EVERY_S = 0.08
LONGEST_S = 120.0
EVENT_TYPE = 101
ACKED = '  <label id="1"/>'
PRESS = '  <nop><action><exec play_pcap_audio="{}"/></action></nop>\n'


DEMO = Path(__file__).parents[2] / "agencies" / "demo"
FURTHER_LINES = """
"141": {name: Closed, menu: after_hours, hours: never, closed_menu: after_hours, operator: operator}
"142": {name: At the weekend, menu: licenses_weekend, hours: always, operator: operator}
"""


AT_NO_WEEKEND = 'weekend: {special: {2000-01-01: ["00:00-24:00"]}}'


def impatient_pack(folder: Path) -> Path:
    """The demonstration agency at an hour that is always the same, with operators enough; a menu waits 1 s, once. The
    position is told so often that no time is left to offer a callback: only queues where a time may be chosen by a key
    of a menu have one, late."""
    pack = shutil.copytree(DEMO, folder / "pack")
    _change(pack / "menus.yaml", r"^  keys:$", "  timeout_s: 1\n  tries: 1\n  keys:")
    _change(pack / "queues.yaml", r"say_every_s: 40", "say_every_s: 10")
    _change(pack / "queues.yaml", r"^  callback: \{.*\n", "")
    _change(pack / "queues.yaml", r"offer_after_s: 20", "offer_after_s: 80000")
    _change(pack / "hours.yaml", r"\Z", 'never: {monday: ["00:00-00:01"]}\n')
    _change(pack / "hours.yaml", r"^weekend:\n  saturday: .*\n  sunday: .*\n  holidays: open", AT_NO_WEEKEND)
    _change(pack / "lines.yaml", r"hours: office\n  closed_menu: after_hours", "hours: always")
    _change(pack / "lines.yaml", r"\Z", FURTHER_LINES)
    _change(pack / "staff.yaml", r"^(  queues: \[)(?!.*operator)(.*\]\n.*\n  languages: \[en, es\])", r"\1operator, \2")
    return pack


def _change(path: Path, pattern: str, by: str) -> None:
    text, count = re.subn(pattern, by, path.read_text(), flags=re.MULTILINE)
    assert count, f"{pattern} is not in {path.name}"
    path.write_text(text)


def all_walks(agency: Agency) -> list[Walk]:
    return [walk for line in agency.lines.values() for walk in walks(agency, line)]


def walk_all(centre: Centre, folder: Path, every: Sequence[Walk]) -> None:
    """All at once, those first that take longest; then those on which times are told. Raises AssertionError with all
    that led elsewhere."""
    crowd = Crowd(centre, folder)
    typed = [walk for walk in every if not walk.hears_times]
    with everybody_at_work(centre, folder):
        try:
            crowd.walk(sorted(typed, key=lambda walk: walk.ends[1] != TopicBy.SILENCE))
        finally:
            crowd.close()
        listen(centre, [walk for walk in every if walk.hears_times])
    assert not crowd.failed, "\n".join(crowd.failed)
    assert Counter(crowd.done) == Counter(typed)
    centre.assert_nothing_left()


SILENT_CALLERS = {"CIVICLINE_SILENCE_S": "600"}
"""They send no sound, and are not to be asked whether they are still there."""


class Walker:
    def __init__(self, centre: Centre, walk: Walk, number: int, folder: Path) -> None:
        self.walk = walk
        self.number = f"202555{number:04}"
        self.call_id = f"walk-{number}"
        keys = digits(folder / f"{self.call_id}.pcap", REFUSE + walk.keys, EVENT_TYPE)
        scenario = folder / f"{self.call_id}.xml"
        text = (SCENARIOS / "caller.xml").read_text().replace("[ear]", "[media_port]")
        scenario.write_text(text.replace(ACKED, PRESS.format(keys) + ACKED, 1))
        self.sipp = Sipp(
            scenario,
            centre.sip,
            service=walk.line,
            caller=self.number,
            keys={"dtmf": str(EVENT_TYPE)},
            args=("-cid_str", f"{self.call_id}"),
            timeout_s=300,
            trace=False,
        )
        self.began_at = time.monotonic()

    def was_told_to_try_again(self) -> bool:
        """503 with Retry-After: a carrier rings again."""
        return self.sipp.has_ended() and "\nRetry-After: " in self.sipp.wait().errors

    def hang_up(self) -> None:
        text = (
            f"INFO sip:caller@{self.sipp.host} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKhangup\r\n"
            f"From: <sip:test@127.0.0.1>;tag=t\r\nTo: <sip:caller@127.0.0.1>;tag=x\r\n"
            f"Call-ID: {self.call_id}\r\nCSeq: 9999 INFO\r\nContent-Length: 0\r\n\r\n"
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(text.encode(), self.sipp.address)


class Crowd:
    """Walks all ways, many at once; `failed` says which led elsewhere, and where."""

    def __init__(self, centre: Centre, folder: Path) -> None:
        self._centre = centre
        self._folder = folder
        self._names = Names(keyset.load(centre.settings.keyset).hashed)
        self._ahead: list[Walk] = []
        self._walking: dict[str, Walker] = {}
        self._leaving: list[Walker] = []
        self._placed = 0
        self._wrapped: set[str] = set()
        self.failed: list[str] = []
        self.done: list[Walk] = []

    def walk(self, walks: Sequence[Walk]) -> None:
        self._ahead.extend(walks)
        next_at = 0.0
        while self._ahead or self._walking or self._leaving:
            if self._ahead and len(self._walking) < AT_ONCE and time.monotonic() >= next_at:
                self._place(self._ahead.pop(0))
                next_at = time.monotonic() + PLACE_EVERY_S
            self._look()
            time.sleep(0.01)

    def _place(self, walk: Walk) -> None:
        self._placed += 1
        walker = Walker(self._centre, walk, self._placed, self._folder)
        walker.sipp.start()
        self._walking[self._names.number(f"+1{walker.number}")] = walker

    def _look(self) -> None:
        state = self._centre.state()
        known = {contact.caller: contact for contact in state.contacts.values()}
        for name, walker in list(self._walking.items()):
            contact = known.get(name)
            if contact is not None and walker.walk.is_done(contact):
                self.done.append(walker.walk)
                self._leave(name)
            elif walker.was_told_to_try_again():  # perhaps after it arrived, where the engine was late
                self._walking.pop(name).sipp.__exit__()
                self._ahead.append(walker.walk)
            elif time.monotonic() - walker.began_at > LONGEST_S:
                self.failed.append(f"{walker.walk.name}: {_where(contact)}")
                self._leave(name)
        for walker in list(self._leaving):
            if walker.sipp.has_ended():
                self._leaving.remove(walker)
                self._see_off(walker)
        for contact in list(state.contacts.values()):  # wrapping up reads the journal on
            if contact.state == "wrapping" and contact.id not in self._wrapped:
                self._wrapped.add(contact.id)
                wrap_up(self._centre, contact)

    def _leave(self, name: str) -> None:
        walker = self._walking.pop(name)
        walker.hang_up()
        self._leaving.append(walker)

    def _see_off(self, walker: Walker) -> None:
        result = walker.sipp.wait()
        if not result.ok:
            self.failed.append(f"{walker.walk.name}: {result.explain()}")
        walker.sipp.__exit__()

    def close(self) -> None:
        for walker in (*self._walking.values(), *self._leaving):
            walker.sipp.__exit__()


def _where(contact: Contact | None) -> str:
    if contact is None:
        return "no call arrived"
    parts = (contact.state, contact.language, contact.menu, contact.message, contact.digits, contact.topic,
             contact.topic_by, contact.queue, contact.visit, contact.turned_away)  # fmt: skip
    return " ".join(str(part) for part in parts)


@contextmanager
def everybody_at_work(centre: Centre, folder: Path) -> Iterator[Sipp]:
    """All representatives are available; one SIPp answers whatever rings, at the port that they registered from."""
    agents = sorted(centre.state().agents)
    for agent in agents:
        accounts.set_password(centre.conn, agent, PASSWORD, keys=keyset.load(centre.settings.keyset))
    port = free_udp()
    _register(centre, folder, agents, port)
    with Sipp("uas_answers", port=port, calls=100_000, args=("-d", "10"), timeout_s=600, trace=False) as phones:
        centre.ask(*(each for agent in agents for each in (requests.SignIn(agent), requests.BecomeAvailable(agent))))
        free = (AgentState.AVAILABLE,)
        eventually(lambda: all(centre.agent(each) in free for each in agents), what="everybody at work")
        yield phones
    centre.ask(*(requests.SignOut(agent) for agent in agents))
    _register(centre, folder, agents, port, expires_s=0)


def _register(centre: Centre, folder: Path, agents: Sequence[str], port: int, expires_s: int = 3600) -> None:
    """Each agent's phone, all at one port; `expires_s` 0 takes it back."""
    given = folder / "agents.csv"
    with given.open("w", newline="") as file:
        file.write("SEQUENTIAL\n")
        csv.writer(file, delimiter=";", lineterminator="\n").writerows(
            [agent, f"[authentication username={agent} password={PASSWORD}]"] for agent in agents
        )
    text = (SCENARIOS / "register.xml").read_text()
    text = text.replace("[caller]@[local_ip]:[local_port]>", f"[field0]@[local_ip]:{port}>").replace(
        "[caller]", "[field0]"
    )
    text = text.replace("[authentication]", "[field1]")
    scenario = folder / "register-all.xml"
    scenario.write_text(text)
    keys, rest = {"expires": str(expires_s)}, ("-inf", str(given))
    with Sipp(
        scenario, centre.sip, port=port, calls=len(agents), rate=20, keys=keys, args=rest, trace=False
    ) as registering:
        result = registering.wait()
    assert result.ok, result.explain()
    state = centre.state
    eventually(
        lambda: all(state().agents[each].phone == bool(expires_s) for each in agents), what="every phone in the journal"
    )
