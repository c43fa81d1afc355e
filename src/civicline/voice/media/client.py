"""The client's side of the NG protocol: what to send to a media engine, and how to read its answer.

`MediaClient` holds no socket: it makes and reads datagrams, so an event loop of any kind can carry them.
`NgClient` is the simple blocking carrier. The functions below return the commands of the usual sequences;
docs/explanation/media.md shows them in order. An NG call-id is the contact's id, a tag is the leg's id.
"""

from __future__ import annotations

import secrets
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from civicline.settings import Address
from civicline.voice.media import bencode

Command: TypeAlias = dict[str, bencode.Value]

RETRANSMIT_AFTER_S = (0.1, 0.2, 0.4, 0.8, 1.5)
"""Send, wait the first pause, send again, and so on; after the last pause the engine counts as gone."""

UNKNOWN_CALL = "Unknown call-id"
"""What an engine answers to a command for a session that it does not have, rtpengine in the same words."""
IVR = "ivr"
"""The tag that stands for the machine itself: a party without media of its own."""

DUMMY_SDP = "\r\n".join(
    (
        "v=0",
        "o=civicline 0 0 IN IP4 127.0.0.1",
        "s=-",
        "c=IN IP4 127.0.0.1",
        "t=0 0",
        "m=audio 9 RTP/AVP 0 8 101",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-15",
        "a=ptime:20",
        "",
    )
)
"""The SDP of the machine: port 9 (discard) says that nothing is to be sent there."""


class NgError(Exception):
    """The engine refused a command; the message is its `error-reason`."""


class NoAnswerError(NgError):
    """The engine did not answer any of the retransmissions."""


@dataclass(frozen=True)
class Request:
    cookie: str
    datagram: bytes


@dataclass(frozen=True)
class Reply:
    cookie: str
    body: dict[str, bencode.Value]

    def result(self) -> dict[str, bencode.Value]:
        """The body of a good answer. Raises NgError for `result: error`."""
        if self.body.get("result") == "error":
            raise NgError(str(self.body.get("error-reason", "the media engine gave no reason")))
        return self.body


class MediaClient:
    """Makes requests with cookies that are unique over restarts, and reads replies. No I/O."""

    def __init__(self) -> None:
        self._prefix = secrets.token_hex(6)
        self._count = 0

    def request(self, command: Mapping[str, bencode.Value]) -> Request:
        """A retransmission must send the same datagram again: the engine knows it by its cookie."""
        self._count += 1
        cookie = f"{self._prefix}_{self._count}"
        return Request(cookie, cookie.encode() + b" " + bencode.encode(command))

    def reply(self, datagram: bytes) -> Reply:
        """Read one datagram from the engine. Raises BencodeError for what is no NG reply."""
        cookie, space, body = datagram.partition(b" ")
        if not space:
            raise bencode.BencodeError("an NG reply begins with a cookie and a space")
        return Reply(cookie.decode("ascii", "replace"), bencode.decode_dict(body))


class NgClient:
    """One blocking request at a time over a UDP socket of its own."""

    def __init__(self, address: Address) -> None:
        self._core = MediaClient()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect((address.host, address.port))
        self._address = address

    def command(self, command: Mapping[str, bencode.Value]) -> dict[str, bencode.Value]:
        """Send and wait. Raises NgError for a refusal and NoAnswerError when nothing answers."""
        request = self._core.request(command)
        for pause_s in RETRANSMIT_AFTER_S:
            reply = self._try(request, pause_s)
            if reply is not None:
                return reply.result()
        raise NoAnswerError(f"the media engine at {self._address} does not answer: is it running?")

    def _try(self, request: Request, pause_s: float) -> Reply | None:
        self._socket.settimeout(pause_s)
        try:
            self._socket.send(request.datagram)
            reply = self._core.reply(self._socket.recv(65535))
            while reply.cookie != request.cookie:
                reply = self._core.reply(self._socket.recv(65535))
        except (TimeoutError, ConnectionRefusedError):
            return None
        return reply

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> NgClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


# What each sequence sends. All of them may be sent twice.


def ping() -> Command:
    """Answer: `result: pong`, and `instance`, which is another one after the engine was restarted."""
    return {"command": "ping"}


def _exchange(command: str, call_id: str, from_tag: str, to_tag: str, sdp: str, source: str = "") -> Command:
    made: Command = {
        "command": command,
        "call-id": call_id,
        "from-tag": from_tag,
        "to-tag": to_tag,
        "sdp": sdp,
        "ICE": "remove",
        "replace": ["origin", "session connection"],
    }
    return made | ({"received-from": ["IP4", source]} if source else {})


def offer_caller(call_id: str, leg: str, sdp: str, source: str = "") -> Command:
    """The SDP of the caller's INVITE (or re-INVITE) reaches the machine. The answer's SDP is not needed.

    Here and below `source` is the host that the leg's SIP comes from: the other one, beside the SDP's, that may send.
    """
    return _exchange("offer", call_id, leg, IVR, sdp, source)


def answer_ivr(call_id: str, leg: str) -> Command:
    """The machine answers. The answer's `sdp` goes into the 200 OK to the caller."""
    return _exchange("answer", call_id, leg, IVR, DUMMY_SDP)


def offer_outbound(call_id: str, leg: str) -> Command:
    """We ring a leg before anybody else is there (a callback). The answer's `sdp` goes into its INVITE."""
    return _exchange("offer", call_id, IVR, leg, DUMMY_SDP)


def answer_outbound(call_id: str, leg: str, sdp: str, source: str = "") -> Command:
    """The SDP of that leg's 200 OK. From here prompts can be played to it."""
    return _exchange("answer", call_id, IVR, leg, sdp, source)


def offer_agent(call_id: str, leg: str, agent_leg: str, sdp: str, source: str = "") -> Command:
    """`sdp` and `source` are the first leg's own last. The answer's `sdp` goes into the representative's INVITE."""
    return _exchange("offer", call_id, leg, agent_leg, sdp, source)


def answer_agent(call_id: str, leg: str, agent_leg: str, sdp: str, source: str = "") -> Command:
    """The SDP of the representative's 200 OK: bridges the two. The first leg needs no re-INVITE."""
    return _exchange("answer", call_id, leg, agent_leg, sdp, source)


def alone(call_id: str, leg: str, sdp: str, source: str = "", *, hold_back: bool = False) -> tuple[Command, Command]:
    """`leg`, whose own last SDP is `sdp`, is with the machine: nobody hears it, and it hears what is played to it.

    `hold_back`: nothing is sent to it before it is heard, or `confirm` says that it is there.
    """
    offer = offer_caller(call_id, leg, sdp, source)
    return offer | ({"hold-back": "yes"} if hold_back else {}), answer_ivr(call_id, leg)


def confirm(call_id: str, leg: str) -> Command:
    """The leg's ACK has come: whoever sent its INVITE got what we sent there."""
    return {"command": "confirm", "call-id": call_id, "from-tag": leg}


def conference(call_id: str, legs: Sequence[str]) -> Command:
    """Three legs or more hear each other. Each must have been offered or answered with its own SDP before."""
    return {"command": "conference", "call-id": call_id, "tags": list(legs)}


def play(
    call_id: str,
    leg: str,
    files: Sequence[Path | str],
    *,
    play_id: str = "",
    loop: str = "",
    repeat_times: int = 1,
) -> Command:
    """Play WAV files to `leg`, one after the other.

    `loop`: "" ends with the event `finished`, "all" repeats the whole, "last" repeats the last file (a
    notice, then music). `play_id` comes back in the event; a play with the id of the leg's running or last
    one is not begun again.
    """
    command: Command = {"command": "play media", "call-id": call_id, "from-tag": leg, "file": str(files[0])}
    if len(files) > 1:
        command["files"] = [str(file) for file in files]
    if repeat_times != 1:
        command["repeat-times"] = repeat_times
    return command | {key: text for key, text in (("loop", loop), ("play", play_id)) if text}


def stop(call_id: str, leg: str) -> Command:
    """Stop what plays to `leg`; without the event `finished`."""
    return {"command": "stop media", "call-id": call_id, "from-tag": leg}


def block(call_id: str, leg: str) -> Command:
    """What `leg` says reaches nobody, until unblocked."""
    return {"command": "block media", "call-id": call_id, "from-tag": leg}


def unblock(call_id: str, leg: str) -> Command:
    return {"command": "unblock media", "call-id": call_id, "from-tag": leg}


def record(call_id: str, leg: str, recording: str, wrapped_key: str, order: int, *, paused: bool = False) -> Command:
    """Keep what the two sides say, or keep nothing for now. `leg` is the caller's; the key is wrapped, in base64.

    `order` rises with each command of the call; said again of a running recording it changes nothing else.
    """
    return {
        "command": "pause recording" if paused else "start recording",
        "call-id": call_id,
        "from-tag": leg,
        "recording": recording,
        "key": wrapped_key,
        "order": str(order),
    }


def stop_recording(call_id: str, leg: str, order: int, *, discard: bool = False) -> Command:
    """`discard`: nothing of the present segment stays."""
    command: Command = {"command": "stop recording", "call-id": call_id, "from-tag": leg, "order": str(order)}
    return command | ({"discard": "yes"} if discard else {})


def query(call_id: str) -> Command:
    return {"command": "query", "call-id": call_id}


def calls() -> Command:
    """The call-ids of all sessions, in `calls`."""
    return {"command": "list"}


def drop_leg(call_id: str, leg: str) -> Command:
    """One leg is gone; the others keep their ports and can be played to."""
    return {"command": "delete", "call-id": call_id, "from-tag": leg}


def delete(call_id: str) -> Command:
    return {"command": "delete", "call-id": call_id}
