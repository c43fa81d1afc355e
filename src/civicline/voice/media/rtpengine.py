"""rtpengine in the place of our media process: the same commands, with what it does otherwise made up for here.

| ours | rtpengine (10.5) | here |
|---|---|---|
| several files, one after another, the last repeated | one file | files are joined; what repeats is a second play |
| the event `finished` | none | told when the joined file's time has passed |
| a play with the id of the running one is not begun again | begins again | known and left alone |
| phones are offered RTP | what the caller offered | RTP/AVP, whatever the caller speaks |
| digits never pass | they pass | `block DTMF` for each call |
| a bridge ends what plays to its two legs | plays on | the voice process sends `stop media` first |
| recordings are encrypted | they are not | never asked for |
| a caller is sent nothing before the ACK, or before it is heard | is sent to at once | - |
| a leg is deleted at once | after a delay | `delete-delay` 0 |
"""

from __future__ import annotations

import hashlib
import wave
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from civicline.voice.media import bencode
from civicline.voice.media.client import Command, NgError

FOREVER = 100_000
"""Repetitions; a call does not last that long."""
OWN_KEYS = ("files", "loop", "play", "silent-after", "hold-back")

Later = Callable[[float, Callable[[], None]], object]


@dataclass(frozen=True)
class _Play:
    id: str
    first: tuple[str, ...]
    again: tuple[str, ...]


class Rtpengine:
    """Translates commands. `send` sends one as it is; `tell` takes events; joined files are kept in `folder`."""

    def __init__(
        self, folder: Path, send: Callable[[Command], None], tell: Callable[[dict[str, Any]], None], later: Later
    ) -> None:
        self._folder = folder
        self._send = send
        self._tell = tell
        self._later = later
        self._plays: dict[tuple[str, str], _Play] = {}

    def translate(self, command: Mapping[str, bencode.Value]) -> Command | None:
        """What to send instead, with the answer of which the caller goes on; None where nothing is to be sent. Raises
        NgError for a recording: rtpengine would write it down for all to read."""
        what, leg = str(command["command"]), (str(command.get("call-id")), str(command.get("from-tag")))
        plain: Command = {key: value for key, value in command.items() if key not in OWN_KEYS}
        if what == "play media":
            return self._play(command, plain, leg)
        if what == "stop media":
            self._plays.pop(leg, None)
        elif what in ("start recording", "pause recording"):
            raise NgError("rtpengine keeps no encrypted recordings; our own media process does")
        elif what in ("stop recording", "confirm"):
            return None
        elif what == "offer":
            plain["transport-protocol"] = "RTP/AVP"
        elif what == "answer":
            self._send({"command": "block DTMF", "call-id": leg[0]})
        elif what == "delete":
            self._forget(leg[0], str(command.get("from-tag", "")))
            plain["delete-delay"] = 0
        return plain

    def _play(self, command: Mapping[str, bencode.Value], plain: Command, leg: tuple[str, str]) -> Command | None:
        files = command.get("files") or [command["file"]]
        assert isinstance(files, list)
        names, loop = tuple(str(name) for name in files), str(command.get("loop", ""))
        again = names if loop == "all" else names[-1:] if loop == "last" else ()
        play = _Play(str(command.get("play", "")), names[: len(names) - len(again)], again)
        if play.id and self._plays.get(leg) == play:
            return None
        self._plays[leg] = play
        if not play.first:
            return plain | self._repeated(again)
        path = self._joined(play.first)
        self._later(_seconds(path), lambda: self._ended(leg, play))
        return plain | {"file": str(path)}

    def _ended(self, leg: tuple[str, str], play: _Play) -> None:
        if self._plays.get(leg) is not play:
            return
        if play.again:
            begun: Command = {"command": "play media", "call-id": leg[0], "from-tag": leg[1]}
            self._send(begun | self._repeated(play.again))
        else:
            self._tell({"type": "finished", "callid": leg[0], "tag": leg[1], "play": play.id})

    def _repeated(self, files: tuple[str, ...]) -> Command:
        return {"file": str(self._joined(files)), "repeat-times": FOREVER}

    def _forget(self, call: str, tag: str) -> None:
        for leg in [leg for leg in self._plays if leg[0] == call and tag in ("", leg[1])]:
            del self._plays[leg]

    def _joined(self, files: tuple[str, ...]) -> Path:
        """One file of several, made once: its name is their names' and ages' hash."""
        if len(files) == 1:
            return Path(files[0])
        mark = "".join(f"{name}{Path(name).stat().st_mtime_ns}" for name in files)
        path = self._folder / f"{hashlib.sha256(mark.encode()).hexdigest()[:32]}.wav"
        if not path.exists():
            self._folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            _join([Path(name) for name in files], path)
        return path


def _join(files: list[Path], to: Path) -> None:
    new = to.with_suffix(".new")
    with wave.open(str(new), "wb") as joined:
        for number, path in enumerate(files):
            with wave.open(str(path), "rb") as part:
                if number == 0:
                    joined.setparams(part.getparams())
                joined.writeframes(part.readframes(part.getnframes()))
    new.rename(to)


def _seconds(path: Path) -> float:
    with wave.open(str(path), "rb") as sound:
        return sound.getnframes() / sound.getframerate()
