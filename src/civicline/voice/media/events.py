"""What the engine tells of itself: one JSON object a datagram (docs/explanation/media.md)."""

from __future__ import annotations

import json
import socket
from contextlib import suppress

from civicline.settings import Address
from civicline.voice.media.dtmf import Press


class Events:
    """Sends and forgets: a voice process that is down asks with `query` when it is back."""

    def __init__(self, to: Address) -> None:
        self._to = (to.host, to.port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)

    def digit(self, call_id: str, tag: str, press: Press) -> None:
        self._send(
            {
                "type": "DTMF",
                "callid": call_id,
                "source_tag": tag,
                "event": press.digit,
                "duration": press.duration_ms,
                "timestamp": press.timestamp,
            }
        )

    def finished(self, call_id: str, tag: str, play_id: str) -> None:
        self._send({"type": "finished", "callid": call_id, "tag": tag, "play": play_id})

    def silent(self, call_id: str, tag: str, for_s: int) -> None:
        self._send({"type": "silent", "callid": call_id, "tag": tag, "for": for_s})

    def heard(self, call_id: str, tag: str) -> None:
        self._send({"type": "heard", "callid": call_id, "tag": tag})

    def unrecorded(self, call_id: str, recording: str) -> None:
        self._send({"type": "unrecorded", "callid": call_id, "recording": recording})

    def close(self) -> None:
        self._socket.close()

    def _send(self, event: dict[str, object]) -> None:
        with suppress(OSError):
            self._socket.sendto(json.dumps(event).encode(), self._to)
