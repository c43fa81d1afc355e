"""Reads the arguments of NG commands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from civicline.voice.media import bencode

Answer: TypeAlias = dict[str, bencode.Value]
Command: TypeAlias = Mapping[str, bencode.Value]


class RefusedError(Exception):
    """A command that is wrong in itself; the message is its `error-reason`."""


def text(command: Command, key: str, default: str | None = None) -> str:
    value = command.get(key, default)
    if not isinstance(value, str):
        raise RefusedError(f"{key} is missing or no string")
    return value


def number(command: Command, key: str, default: int) -> int:
    value = command.get(key, default)
    digits = str(value)
    if not digits.isdecimal() or len(digits) > 9:
        raise RefusedError(f"{key} is no whole number")
    return int(digits)


def received_from(command: Command) -> str:
    """The host that the message with the SDP came from, as rtpengine is told it: family and address; "" without it."""
    given = command.get("received-from", [])
    if given == []:
        return ""
    if not isinstance(given, list) or len(given) != 2 or given[0] != "IP4" or not isinstance(given[1], str):
        raise RefusedError("received-from is no list of IP4 and an address")
    return given[1]


def files(command: Command) -> list[str]:
    """`files`, or the one `file`."""
    given = command.get("files") or [text(command, "file")]
    if not isinstance(given, list) or not all(isinstance(name, str) and "\0" not in name for name in given):
        raise RefusedError("files is no list of paths")
    return given
