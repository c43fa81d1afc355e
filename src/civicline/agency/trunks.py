"""The carriers of the loaded pack, for the voice process."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Trunk:
    """Calls are taken from `networks` only, such as "203.0.113.0/28"; calls go out by `hosts`, (host, port)."""

    name: str
    networks: tuple[str, ...]
    caller_id: str = ""
    hosts: tuple[tuple[str, int], ...] = ()


def to_json(trunks: tuple[Trunk, ...]) -> list[dict[str, Any]]:
    return [asdict(trunk) for trunk in trunks]


def from_json(value: list[dict[str, Any]]) -> tuple[Trunk, ...]:
    return tuple(
        Trunk(
            each["name"],
            tuple(each["networks"]),
            each["caller_id"],
            tuple((host, int(port)) for host, port in each["hosts"]),
        )
        for each in value
    )
