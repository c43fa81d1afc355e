"""Bencode, the encoding of rtpengine's NG protocol (BEP 3): integers, strings, lists and dictionaries.

Strings are text here; bytes that are no UTF-8 pass through by surrogate escapes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

Value: TypeAlias = "int | str | Sequence[Value] | Mapping[str, Value]"

MAX_DEPTH = 16


class BencodeError(ValueError):
    """The bytes are no bencode; the message gives the offset."""


def encode(value: Value) -> bytes:
    """Encode; dictionary keys go out sorted by their bytes, as BEP 3 asks."""
    return b"".join(_pieces(value))


def _pieces(value: Value) -> Iterator[bytes]:
    if isinstance(value, str):
        yield _string(value)
    elif isinstance(value, int):
        yield b"i%de" % value
    elif isinstance(value, Mapping):
        yield b"d"
        for key in sorted(value):
            yield _string(key)
            yield from _pieces(value[key])
        yield b"e"
    else:
        yield b"l"
        for item in value:
            yield from _pieces(item)
        yield b"e"


def _string(text: str) -> bytes:
    raw = text.encode("utf-8", "surrogateescape")
    return b"%d:%b" % (len(raw), raw)


def decode(data: bytes) -> Value:
    """Decode one value that fills `data`. Raises BencodeError."""
    value, end = _value(data, 0, 0)
    if end != len(data):
        raise BencodeError(f"bencode ends at byte {end} of {len(data)}")
    return value


def decode_dict(data: bytes) -> dict[str, Value]:
    """Decode a dictionary, the only thing that NG sends. Raises BencodeError."""
    value = decode(data)
    if not isinstance(value, dict):
        raise BencodeError("a bencode dictionary is expected")
    return value


def _value(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    if depth > MAX_DEPTH:
        raise BencodeError(f"bencode is nested more than {MAX_DEPTH} deep")
    kind = data[at : at + 1]
    if kind == b"i":
        return _integer(data, at + 1, b"e")
    if kind == b"l":
        return _list(data, at + 1, depth)
    if kind == b"d":
        return _dict(data, at + 1, depth)
    return _text(data, at)


def _integer(data: bytes, at: int, until: bytes) -> tuple[int, int]:
    end = data.find(until, at, at + 24)
    digits = data[at:end] if end >= 0 else b""
    if not digits.removeprefix(b"-").isdigit():
        raise BencodeError(f"no integer at byte {at}")
    return int(digits), end + 1


def _text(data: bytes, at: int) -> tuple[str, int]:
    size, start = _integer(data, at, b":")
    if size < 0 or start + size > len(data):
        raise BencodeError(f"the string at byte {at} is longer than the data")
    return data[start : start + size].decode("utf-8", "surrogateescape"), start + size


def _list(data: bytes, at: int, depth: int) -> tuple[list[Value], int]:
    items: list[Value] = []
    while data[at : at + 1] != b"e":
        item, at = _value(data, at, depth + 1)
        items.append(item)
    return items, at + 1


def _dict(data: bytes, at: int, depth: int) -> tuple[dict[str, Value], int]:
    items: dict[str, Value] = {}
    while data[at : at + 1] != b"e":
        key, at = _text(data, at)
        items[key], at = _value(data, at, depth + 1)
    return items, at + 1
