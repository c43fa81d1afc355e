"""The journal's names for facts and requests, and their bodies: `contact_arrived`, `request.call_arrived`."""

from __future__ import annotations

import re
import typing
from typing import Any

from civicline.core import facts, requests
from civicline.core.codec import decode, encode
from civicline.core.facts import Fact
from civicline.core.requests import Request

REQUEST = "request."


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


FACTS: dict[str, type] = {snake(cls.__name__): cls for cls in typing.get_args(facts.Fact)}
REQUESTS: dict[str, type] = {REQUEST + snake(cls.__name__): cls for cls in typing.get_args(requests.Request)}
KIND: dict[type, str] = {cls: kind for kind, cls in (FACTS | REQUESTS).items()}


def to_body(item: Fact | Request) -> tuple[str, dict[str, Any]]:
    """Kind and JSON body of a fact or a request."""
    return KIND[type(item)], encode(item)


def fact(kind: str, body: dict[str, Any]) -> Fact | None:
    """The fact of this kind; None for kinds that are not the rules' own (requests, features' events)."""
    cls = FACTS.get(kind)
    return None if cls is None else typing.cast(Fact, decode(cls, body))


def request(kind: str, body: dict[str, Any]) -> Request | None:
    cls = REQUESTS.get(kind)
    return None if cls is None else typing.cast(Request, decode(cls, body))
