"""The NG protocol's commands. A command that comes again with its cookie gets the answer it got before."""

from __future__ import annotations

import logging
import secrets
import socket
import traceback
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from civicline.settings import Address
from civicline.voice.media import bencode, player, record, sdp
from civicline.voice.media.arguments import Answer, Command, RefusedError, files, number, received_from, text
from civicline.voice.media.leg import Leg, Means
from civicline.voice.media.ports import NoPortError
from civicline.voice.media.session import Sessions, UnknownError
from civicline.voice.media.sound import SoundError
from civicline.voice.rarely import Rarely

log = logging.getLogger(__name__)

ANSWERS_KEPT = 4096
MAX_COOKIE = 64
LOOPBACK = "127."


class Commands:
    """What each command does."""

    def __init__(self, means: Means, sessions: Sessions) -> None:
        self.instance = secrets.token_hex(8)
        self._means = means
        self._sessions = sessions
        self._table: dict[str, Callable[[Command], Answer]] = {
            "ping": self._ping,
            "offer": self._offer,
            "answer": self._answer,
            "delete": self._delete,
            "query": self._query,
            "list": lambda _: {"result": "ok", "calls": [session.call_id for session in self._sessions]},
            "conference": self._conference,
            "confirm": self._confirm,
            "play media": self._play,
            "stop media": self._stop,
            "block media": lambda command: self._block(command, True),
            "unblock media": lambda command: self._block(command, False),
            "block DTMF": self._block_dtmf,
            **record.commands(means, sessions),
        }

    def run(self, command: Command) -> Answer:
        """Never raises for a bad command: the answer says what is wrong."""
        try:
            handler = self._table.get(text(command, "command"))
            if handler is None:
                raise RefusedError("Unrecognized command")
            return handler(command)
        except (RefusedError, UnknownError, sdp.SdpError, NoPortError, SoundError) as error:
            return {"result": "error", "error-reason": str(error.args[0])}

    def _ping(self, command: Command) -> Answer:
        return {"result": "pong", "instance": self.instance, "records": int(self._means.writer is not None)}

    def _offer(self, command: Command) -> Answer:
        given = text(command, "call-id"), text(command, "from-tag"), text(command, "to-tag", "")
        made = self._sessions.offer(*given, text(command, "sdp"), received_from(command))
        self._set_silence(command)
        leg = self._leg(command)
        if text(command, "hold-back", "no") == "yes":
            leg.hold_back()
        else:
            leg.confirm()
        return {"result": "ok", "sdp": made}

    def _answer(self, command: Command) -> Answer:
        given = text(command, "call-id"), text(command, "from-tag"), text(command, "to-tag")
        made = self._sessions.answer(*given, text(command, "sdp"), received_from(command))
        self._set_silence(command)
        return {"result": "ok", "sdp": made}

    def _set_silence(self, command: Command) -> None:
        if "silent-after" in command:
            legs = self._sessions.get(text(command, "call-id")).legs
            for tag in (text(command, "from-tag"), text(command, "to-tag", "")):
                if tag in legs:
                    legs[tag].silent_after = number(command, "silent-after", 0)

    def _delete(self, command: Command) -> Answer:
        """What is not there is deleted already; rtpengine warns in the same way."""
        try:
            self._sessions.delete(text(command, "call-id"), text(command, "from-tag", ""))
        except UnknownError as error:
            return {"result": "ok", "warning": str(error.args[0])}
        return {"result": "ok"}

    def _query(self, command: Command) -> Answer:
        session = self._sessions.get(text(command, "call-id"))
        tags: Answer = {leg.tag: state(leg) for leg in session.legs.values()}
        return {"result": "ok", "created": session.created, "tags": tags}

    def _conference(self, command: Command) -> Answer:
        """Not in rtpengine 10.5, which cannot mix."""
        given = command.get("tags")
        tags = [tag for tag in given if isinstance(tag, str)] if isinstance(given, list) else []
        if len(set(tags)) < 3:
            raise RefusedError("tags is no list of three tags or more")
        self._sessions.conference(text(command, "call-id"), list(dict.fromkeys(tags)))
        return {"result": "ok"}

    def _confirm(self, command: Command) -> Answer:
        """Not in rtpengine, which holds nothing back."""
        self._leg(command).confirm()
        return {"result": "ok"}

    def _play(self, command: Command) -> Answer:
        leg = self._leg(command)
        sounds = [self._means.sounds.get(Path(name)) for name in files(command)]
        play_id = text(command, "play", "") or secrets.token_hex(8)
        loop = text(command, "loop", "")
        if loop not in player.LOOPS:
            raise RefusedError("loop must be all or last")
        times = max(1, number(command, "repeat-times", 1))
        duration = player.play(leg, play_id, sounds, times=times, loop=loop)
        return {"result": "ok", "duration": duration, "play": play_id}

    def _stop(self, command: Command) -> Answer:
        self._leg(command).stop()
        return {"result": "ok"}

    def _block(self, command: Command, blocked: bool) -> Answer:
        self._leg(command).block(blocked)
        return {"result": "ok"}

    def _block_dtmf(self, command: Command) -> Answer:
        """Digits never pass, so there is nothing to do."""
        self._leg(command)
        return {"result": "ok"}

    def _leg(self, command: Command) -> Leg:
        return self._sessions.get(text(command, "call-id")).leg(text(command, "from-tag"))


def state(leg: Leg) -> Answer:
    """One leg for `query`."""
    return {
        "port": leg.pair.port if leg.pair else 0,
        "codec": sdp.NAMES[leg.law],
        "peer": leg.peer.tag if leg.peer else "",
        "mixed": int(leg.mix is not None),
        "play": leg.last_play,
        "playing": int(leg.player is not None),
        "silent": int(leg.silent_since is not None),
        "locked": int(leg.source.locked),
        "blocked": int(leg.blocked),
        "received": leg.received,
        "sent": leg.out.sent,
        "rejected": leg.rejected,
        "ssrc": leg.out.ssrc,
    }


class Server:
    """The UDP socket of the protocol: cookie, space, bencode; the answer the same way. Only this machine may speak: NG
    knows no passwords."""

    def __init__(self, address: Address, commands: Commands) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.bind((address.host, address.port))
        self._commands = commands
        self._host = address.host
        self._rarely = Rarely(log)
        self._answers: OrderedDict[tuple[str, int, bytes], bytes] = OrderedDict()

    def receive(self, now: float) -> None:
        try:
            data, sender = self.socket.recvfrom(65535)
            if not (sender[0].startswith(LOOPBACK) or sender[0] == self._host):
                self._rarely.warning("media: NG commands came from another machine: dropped")
                return
            cookie, space, body = data.partition(b" ")
            if space and len(cookie) <= MAX_COOKIE:
                self.socket.sendto(cookie + b" " + self._answer((*sender, cookie), body), sender)
        except OSError as error:  # the client is gone
            log.debug("an NG answer was not sent: %s", error)

    def _answer(self, key: tuple[str, int, bytes], body: bytes) -> bytes:
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answers[key] = bencode.encode(self._run(body))
            if len(self._answers) > ANSWERS_KEPT:
                self._answers.popitem(last=False)
        return answer

    def _run(self, body: bytes) -> Answer:
        try:
            return self._commands.run(bencode.decode_dict(body))
        except bencode.BencodeError as error:
            return {"result": "error", "error-reason": f"Could not decode bencode dictionary: {error}"}
        except Exception as error:  # one command must not end every call
            frame = traceback.extract_tb(error.__traceback__)[-1]
            self._rarely.warning(f"media: a command failed: {type(error).__name__} at {frame.name}:{frame.lineno}")
            return {"result": "error", "error-reason": "Internal error"}
