"""How many messages each sort of sender may send, with a clock that stands."""

from __future__ import annotations

import logging

from civicline.voice.rarely import Rarely
from civicline.voice.sip import door, stateless
from civicline.voice.sip.api import Options, Trunk
from civicline.voice.sip.door import DROP, Door
from civicline.voice.sip.registrar import MemoryBindings

CARRIER, STRANGER = "192.0.2.1", "198.51.100.1"
IN_CALL = "known@call"


def message(method: str = "OPTIONS", call_id: str = "new") -> str:
    lines = [
        f"{method} sip:x@127.0.0.1 SIP/2.0",
        "Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKx",
        "From: <sip:x@y>;tag=1",
        "To: <sip:x@y>",
        f"Call-ID: {call_id}",
        f"CSeq: 1 {method}",
    ]
    return "\r\n".join([*lines, "", ""])


def standing() -> Door:
    options = Options(
        listen=("127.0.0.9", 5060),
        name_leg=lambda call_id, tag: "",
        name_tag=lambda leg: "",
        trunks=lambda: TRUNKS,
    )
    rarely = Rarely(logging.getLogger("test"))
    return Door(options, MemoryBindings(), lambda call_id: call_id == IN_CALL, lambda host: [], rarely, lambda: 0.0)


TRUNKS = [Trunk("carrier", (CARRIER,))]


def let_in(by: Door, host: str, times: int, text: str) -> int:
    return sum(by.judge(text, (host, 5060)) != DROP for _ in range(times))


def test_forged_addresses_do_not_renew_what_all_strangers_may() -> None:
    """4,096 of them pushed the budget of all out of the table that it shared with theirs."""
    shut = standing()
    hosts = [f"10.{n // 250}.{n % 250}.1" for n in range(2 * door.MOST_HOSTS)]
    assert sum(let_in(shut, host, 1, message("REGISTER")) for host in hosts) == door.STRANGERS_AT_ONCE


def test_nor_do_they_push_anybody_out() -> None:
    shut = standing()
    assert let_in(shut, STRANGER, 1000, message("REGISTER")) == door.STRANGER_AT_ONCE
    for n in range(2 * door.MOST_HOSTS):
        let_in(shut, f"10.{n // 250}.{n % 250}.1", 1, message("REGISTER"))
    shut._all_strangers.left = 1000.0
    assert let_in(shut, STRANGER, 1, message("REGISTER")) == 0


def test_one_stranger_leaves_something_to_the_others() -> None:
    shut = standing()
    let_in(shut, STRANGER, 10_000, message("REGISTER"))
    assert let_in(shut, "198.51.100.2", 1, message("REGISTER")) == 1


def test_a_storm_of_a_carriers_new_calls_costs_its_others_nothing() -> None:
    shut = standing()
    assert let_in(shut, CARRIER, 5000, message("INVITE")) == door.OURS_AT_ONCE
    assert let_in(shut, CARRIER, 10, message("BYE", IN_CALL)) == 10


def test_who_knows_a_call_may_not_send_without_end() -> None:
    assert let_in(standing(), STRANGER, 5000, message("INFO", IN_CALL)) == door.IN_CALLS_AT_ONCE


def test_this_machine_may_send_more() -> None:
    assert let_in(standing(), "127.0.0.1", 5000, message()) == door.MACHINE_AT_ONCE


def test_a_call_id_is_read_however_it_is_written() -> None:
    for written in ("Call-ID: a@b", "i:a@b", "CALL-ID\t:  a@b ", "Call-ID:\r\n a@b"):
        assert stateless.call_id(f"BYE sip:x SIP/2.0\r\n{written}\r\nCSeq: 1 BYE\r\n\r\n") == "a@b"


def test_a_to_has_a_tag_where_it_is_its_own() -> None:
    for to, has in (
        ("<sip:x@y>;tag=1", True),
        ("sip:x@y; Tag = 1", True),
        ("<sip:x@y>\r\n ;tag=1", True),
        ("<sip:x@y;tag=1>", False),
        ('"a;tag=1" <sip:x@y>', False),
    ):
        assert stateless.has_to_tag(f"BYE sip:x SIP/2.0\r\nTo: {to}\r\nCSeq: 1 BYE\r\n\r\n") is has, to
