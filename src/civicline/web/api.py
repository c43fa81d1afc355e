"""The HTTP API, described at /api/v1/openapi.json. Every operation needs a session unless it says otherwise."""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import version
from typing import Any

from django.http import HttpRequest
from ninja import NinjaAPI, Schema
from ninja.security import APIKeyCookie

from civicline.floor.queries import queues as floor_queues
from civicline.people.access import may


class SessionWith(APIKeyCookie):
    """The browser's session, held by somebody with a permission."""

    param_name = "civicline_session"

    def __init__(self, permission: str) -> None:
        self.permission = permission
        super().__init__(csrf=True)

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        return request.user if may(request.user, self.permission) else None


class Health(Schema):
    status: str
    version: str


api = NinjaAPI(title="Civicline", version="1", docs_url=None, auth=SessionWith("account.use"))


@api.get("/health", response=Health, auth=None, summary="Whether the web process answers")
def health(request: HttpRequest) -> Health:
    return Health(status="ok", version=version("civicline"))


class QueueOut(Schema):
    """Counts at this moment; `longest_wait_since` is when the first in line joined it (UTC).

    `kept`: places of people who are to be rung back, of whom `due` are rung as soon as it is their turn;
    `ringing_back`: those who are rung now.
    """

    id: str
    label: str
    waiting: int
    offered: int
    talking: int
    kept: int
    due: int
    ringing_back: int
    available: int
    longest_wait_since: datetime | None


@api.get("/queues", response=list[QueueOut], auth=SessionWith("floor.see"), summary="Every queue now")
def queues(request: HttpRequest) -> list[QueueOut]:
    return [
        QueueOut(
            id=line.id, label=line.label, waiting=line.waiting, offered=line.offered, talking=line.talking,
            kept=line.kept, due=line.due, ringing_back=line.ringing_back, available=line.available,
            longest_wait_since=line.longest_since,
        )
        for line in floor_queues()
    ]  # fmt: skip
