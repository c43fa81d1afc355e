"""The carriers of the loaded pack, for the voice process."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Registration:
    """How we sign in at a carrier that asks for it. The password is no part of a pack (CIVICLINE_TRUNK_SECRETS)."""

    user: str
    expires_s: int = 300
    contact: tuple[str, int] | None = None
    """Where the carrier is to call, if that is not the node itself."""


@dataclass(frozen=True)
class Trunk:
    """Calls are taken from `networks` only, such as "203.0.113.0/28"; calls go out by `hosts`, (address, port), the
    next one where one does not answer or cannot; there, too, `registration` signs in. `through`: a proxy of ours which
    brings the requests there, by `transport`."""

    name: str
    networks: tuple[str, ...]
    caller_id: str = ""
    hosts: tuple[tuple[str, int], ...] = ()
    registration: Registration | None = None
    through: tuple[str, int] | None = None
    transport: str = "udp"


def to_json(trunks: tuple[Trunk, ...]) -> list[dict[str, Any]]:
    return [asdict(trunk) for trunk in trunks]


def from_json(value: list[dict[str, Any]]) -> tuple[Trunk, ...]:
    return tuple(
        Trunk(
            each["name"],
            tuple(each["networks"]),
            each["caller_id"],
            tuple(_address(host) for host in each["hosts"]),
            _registration(each.get("registration")),
            _address(each["through"]) if each.get("through") else None,
            each.get("transport", "udp"),
        )
        for each in value
    )


def _address(value: list[Any]) -> tuple[str, int]:
    return str(value[0]), int(value[1])


def _registration(value: dict[str, Any] | None) -> Registration | None:
    if not value:
        return None
    contact = value.get("contact")
    return Registration(value["user"], value["expires_s"], _address(contact) if contact else None)
