"""Who is told what: pure."""

from __future__ import annotations

from civicline.live.events import Row, Viewer, encode, reset, row

ME, SHE, CALL = "amara.okafor", "carla.reyes", "c1"


def told(viewer: Viewer, *rows: Row) -> list[str]:
    blocks = encode(rows, viewer).decode().split("\n\n")[:-1]
    return [" ".join(line.split(": ", 1)[1] for line in block.split("\n")) for block in blocks]


def test_requests_and_other_events_touch_nothing() -> None:
    assert row(1, "request.sign_in", {"agent": ME}) is None
    assert row(1, "people.signed_in", {"staff": ME}) is None


def test_a_leg_belongs_to_its_contact() -> None:
    assert row(3, "leg_ringing", {"leg": "c1-2"}) == Row(3, "leg_ringing", contact=CALL)
    assert row(3, "leg_ended", {"leg": "c1-c"}) == Row(3, "leg_ended", contact=CALL)


def test_a_supervisor_is_told_everything_and_each_thing_once() -> None:
    rows = [Row(1, "contact_queued", CALL, None, "q"), Row(2, "offer_made", CALL, ME), Row(3, "offer_made", "c2", SHE)]
    assert told(Viewer("sam", True), *rows) == [
        '1 queue {"queue": "q"}',
        '2 contact {"contact": "c1"}',
        f'2 agent {{"agent": "{ME}"}}',
        '3 contact {"contact": "c2"}',
        f'3 agent {{"agent": "{SHE}"}}',
    ]


def test_a_representative_is_told_of_nobody_else_s_calls() -> None:
    rows = [Row(1, "contact_queued", CALL, None, "q"), Row(2, "offer_made", CALL, SHE), Row(3, "leg_ringing", CALL)]
    assert told(Viewer(ME, False), *rows) == []


def test_a_representative_is_told_of_their_call_until_they_let_it_go() -> None:
    viewer = Viewer(ME, False)
    assert len(told(viewer, Row(1, "offer_made", CALL, ME))) == 2
    assert told(viewer, Row(2, "recording_refused", CALL)) == ['2 contact {"contact": "c1"}']
    assert len(told(viewer, Row(3, "contact_wrapped", CALL, ME))) == 2
    assert told(viewer, Row(4, "recording_refused", CALL)) == []


def test_a_contact_in_hand_when_the_stream_began_is_theirs() -> None:
    assert told(Viewer(ME, False, {CALL}), Row(2, "recording_refused", CALL)) == ['2 contact {"contact": "c1"}']


def test_a_new_agency_concerns_everybody() -> None:
    found = row(1, "agency_loaded", {"agency": {}})
    assert found and told(Viewer(ME, False), found) == ['1 agency {"agency": "*"}']


def test_a_reset_carries_the_position() -> None:
    assert reset(7) == b"id: 7\nevent: reset\ndata: {}\n\n"


def test_a_colleague_who_is_asked_is_told_until_let_go() -> None:
    viewer = Viewer(ME, False)
    assert told(viewer, row(1, "consult_begun", {"contact": CALL, "agent": SHE, "colleague": ME, "leg": "c1-p1"}))
    assert told(viewer, Row(2, "consult_turned", CALL))
    assert told(viewer, row(3, "consult_ended", {"contact": CALL, "colleague": ME, "leg": "c1-p1"}))
    assert told(viewer, Row(4, "leg_ringing", CALL)) == []


def test_the_word_of_whoever_passed_on_takes_nothing_from_the_next() -> None:
    viewer = Viewer(ME, False, {CALL})
    told(viewer, Row(1, "segment_wrapped", CALL, SHE))
    assert told(viewer, Row(2, "caller_held", CALL))
