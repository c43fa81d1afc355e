"""Settings of all processes, read once from `CIVICLINE_*` environment variables (docs/reference/settings.md)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CALLS_MAX = 400
"""What a media process carries on one core, with some to spare (docs/explanation/media.md)."""


RTPENGINE = "rtpengine@"
"""Before the addresses of CIVICLINE_NG: rtpengine listens there."""


class SettingError(ValueError):
    """A setting that cannot be used; the message says which one and how to mend it."""


@dataclass(frozen=True)
class Address:
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class PortRange:
    first: int
    last: int


@dataclass(frozen=True)
class Settings:
    data: Path
    database_url: str | None
    keyset: Path
    http: Address
    sip: Address
    ng: tuple[Address, ...]
    """Control addresses of the media processes."""
    ng_events: Address
    rtp: PortRange
    rtp_host: str
    node: str
    rtpengine: bool = False
    """What listens at `ng` is rtpengine, started by somebody else."""
    trunk_secrets: Path | None = None
    """A folder with a file for each trunk that registers, named as the trunk: its password."""
    calls_max: int = CALLS_MAX
    """Calls at once on this voice process; more are told to come again."""
    spares: bool = True
    """Whether a loaded second of each process waits to take its place."""
    silence_s: int = 20
    """How long a leg may send nothing before its far end is asked whether it is still there."""

    @property
    def run_dir(self) -> Path:
        """Sockets and pid files; short paths, since a Unix socket's path is limited to 107 bytes."""
        return self.data / "run"


def address(name: str, text: str) -> Address:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65535:
        raise SettingError(f"{name} is {text!r}: write it as HOST:PORT, for example 127.0.0.1:8000")
    return Address(host, int(port))


def port_range(name: str, text: str) -> PortRange:
    first, dash, last = text.partition("-")
    if not dash or not first.isdecimal() or not last.isdecimal() or int(first) >= int(last) or int(last) > 65535:
        raise SettingError(f"{name} is {text!r}: write it as FIRST-LAST, for example 20000-29999")
    return PortRange(int(first), int(last))


def seconds(name: str, text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 3600:
        raise SettingError(f"{name} is {text!r}: write whole seconds, 1 to 3600")
    return int(text)


def count(name: str, text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100_000:
        raise SettingError(f"{name} is {text!r}: write a whole number, 1 to 100000")
    return int(text)


def choice(name: str, text: str) -> bool:
    if text not in ("yes", "no"):
        raise SettingError(f"{name} is {text!r}: write yes or no")
    return text == "yes"


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings. Raises SettingError with one line for a person."""

    def text(name: str, default: str) -> str:
        return environ.get(name) or default

    data = Path(text("CIVICLINE_DATA", ".civicline")).absolute()
    ng = text("CIVICLINE_NG", "127.0.0.1:2223")
    return Settings(
        data=data,
        database_url=environ.get("CIVICLINE_DATABASE_URL") or None,
        keyset=Path(text("CIVICLINE_KEYSET", str(data.with_name(data.name + "-keyset.json")))).absolute(),
        http=address("CIVICLINE_HTTP", text("CIVICLINE_HTTP", "127.0.0.1:8000")),
        sip=address("CIVICLINE_SIP", text("CIVICLINE_SIP", "127.0.0.1:5060")),
        ng=tuple(address("CIVICLINE_NG", part) for part in ng.removeprefix(RTPENGINE).split(",")),
        ng_events=address("CIVICLINE_NG_EVENTS", text("CIVICLINE_NG_EVENTS", "127.0.0.1:2224")),
        rtp=port_range("CIVICLINE_RTP", text("CIVICLINE_RTP", "20000-29999")),
        rtp_host=text("CIVICLINE_RTP_HOST", "127.0.0.1"),
        node=text("CIVICLINE_NODE", "voice-1"),
        rtpengine=ng.startswith(RTPENGINE),
        trunk_secrets=Path(environ["CIVICLINE_TRUNK_SECRETS"]) if environ.get("CIVICLINE_TRUNK_SECRETS") else None,
        calls_max=count("CIVICLINE_CALLS_MAX", text("CIVICLINE_CALLS_MAX", str(CALLS_MAX))),
        spares=choice("CIVICLINE_SPARES", text("CIVICLINE_SPARES", "yes")),
        silence_s=seconds("CIVICLINE_SILENCE_S", text("CIVICLINE_SILENCE_S", "20")),
    )
