"""Dataclasses to and from JSON values, driven by their annotations; unknown keys are ignored, missing ones default.

Handles str, int, float, bool, None, unions with None, enums, dataclasses, list, deque, set, tuple and dict[str, …].
"""

from __future__ import annotations

import enum
import types
import typing
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")
Convert = Callable[[Any], Any]


class CodecError(ValueError):
    """A value that does not fit the dataclass; the message names the field."""


def encode(value: object) -> Any:
    """A JSON value for a dataclass or for anything that its fields may hold."""
    return _encoder(typing.cast(Hashable, type(value)))(value)


def decode(cls: type[T], value: Any) -> T:
    """The dataclass `cls` from a JSON value. Raises CodecError."""
    return typing.cast(T, _decoder(typing.cast(Hashable, cls))(value))


@cache
def _encoder(cls: Any) -> Convert:
    """Found once for each type: a state of a thousand contacts has some 60,000 values."""
    if is_dataclass(cls):
        return _field_by_field(cls)
    if issubclass(cls, enum.Enum):
        return lambda value: value.value
    if issubclass(cls, dict):
        return lambda value: {key: encode(item) for key, item in value.items()}
    if issubclass(cls, (list, tuple, deque)):
        return lambda value: [encode(item) for item in value]
    if issubclass(cls, (set, frozenset)):
        return lambda value: sorted(encode(item) for item in value)
    return lambda value: value


def _field_by_field(cls: Any) -> Convert:
    hints = typing.get_type_hints(cls)
    plain = [f.name for f in fields(cls) if f.init and _is_plain(hints[f.name])]
    nested = [f.name for f in fields(cls) if f.init and not _is_plain(hints[f.name])]

    def run(value: Any) -> dict[str, Any]:
        body = {name: getattr(value, name) for name in plain}
        for name in nested:
            body[name] = encode(getattr(value, name))
        return body

    return run


def _is_plain(hint: Any) -> bool:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return all(_is_plain(part) for part in typing.get_args(hint))
    return hint in (str, int, float, bool, type(None))


@cache
def _decoder(hint: Any) -> Convert:
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return _optional(hint)
    if origin in (list, deque, set, frozenset, tuple, dict):
        return _container(origin, typing.get_args(hint))
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return hint
    if is_dataclass(hint):
        return _dataclass(typing.cast(type, hint))
    return _SCALARS.get(hint, lambda value: value)


def _scalar(cls: type, *accepted: type) -> Convert:
    def run(value: Any) -> Any:
        if type(value) not in accepted and not (cls is str and isinstance(value, str)):
            raise CodecError(f"{value!r:.40} is no {cls.__name__}")
        return cls(value) if cls is float else value

    return run


_SCALARS: dict[Any, Convert] = {
    str: _scalar(str, str),
    int: _scalar(int, int),
    bool: _scalar(bool, bool),
    float: _scalar(float, float, int),
}


def _optional(hint: Any) -> Convert:
    parts = [part for part in typing.get_args(hint) if part is not type(None)]
    if len(parts) != 1:
        return lambda value: value
    inner = _decoder(parts[0])
    return lambda value: None if value is None else inner(value)


def _container(origin: Any, parts: tuple[Any, ...]) -> Convert:
    if origin is dict:
        item = _decoder(parts[1])
        return lambda value: {key: item(part) for key, part in _mapping(value).items()}
    if origin is tuple and not (len(parts) == 2 and parts[1] is Ellipsis):
        items = [_decoder(part) for part in parts]
        return lambda value: tuple(item(part) for item, part in zip(items, _sequence(value), strict=True))
    item = _decoder(parts[0])
    return lambda value: origin(item(part) for part in _sequence(value))


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise CodecError(f"{value!r:.40} is no mapping")
    return value


def _sequence(value: Any) -> Any:
    if not isinstance(value, (list, tuple, set, frozenset, deque)):
        raise CodecError(f"{value!r:.40} is no list")
    return value


def _dataclass(cls: type) -> Convert:
    hints = typing.get_type_hints(cls)
    known = [(f.name, _decoder(hints[f.name]), _has_default(f)) for f in fields(cls) if f.init]

    def run(value: Any) -> Any:
        _mapping(value)
        given: dict[str, Any] = {}
        for name, convert, has_default in known:
            if name in value:
                try:
                    given[name] = convert(value[name])
                except (TypeError, ValueError, AttributeError) as error:
                    raise CodecError(f"{cls.__name__}.{name}: {error}") from error
            elif not has_default:
                raise CodecError(f"{cls.__name__}.{name} is missing")
        return cls(**given)

    return run


def _has_default(field: Field[Any]) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING
