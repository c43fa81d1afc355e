"""The carriers of the loaded pack, for the voice process."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Registration:
    """How we sign in at a carrier that asks for it. The password is no part of a pack (CIVICLINE_TRUNK_SECRETS)."""

    user: str
    expires_s: int = 300


@dataclass(frozen=True)
class Trunk:
    """Calls are taken from `networks` only, such as "203.0.113.0/28"; calls go out by `hosts`, (address, port), the
    next one where one does not answer or cannot; there, too, `registration` signs in."""

    name: str
    networks: tuple[str, ...]
    caller_id: str = ""
    hosts: tuple[tuple[str, int], ...] = ()
    registration: Registration | None = None


def to_json(trunks: tuple[Trunk, ...]) -> list[dict[str, Any]]:
    return [asdict(trunk) for trunk in trunks]


def from_json(value: list[dict[str, Any]]) -> tuple[Trunk, ...]:
    return tuple(
        Trunk(
            each["name"],
            tuple(each["networks"]),
            each["caller_id"],
            tuple((host, int(port)) for host, port in each["hosts"]),
            Registration(**each["registration"]) if each.get("registration") else None,
        )
        for each in value
    )
