"""Putting a pack into force: all of it in one transaction, or nothing."""

from __future__ import annotations

import time

from django.db import connection, transaction
from django.utils import timezone

from civicline.agency import trunks
from civicline.agency.models import LoadedPack
from civicline.agency.pack import Pack
from civicline.core.kinds import to_body
from civicline.core.requests import LoadAgency
from civicline.journal.append import append
from civicline.journal.event import Draft
from civicline.journal.follow import Follower
from civicline.people.actions import StaffRow, set_staff
from civicline.phones import accounts


class NoEngineError(RuntimeError):
    """The request is stored, but no engine has answered it in time."""


def is_loaded(pack: Pack) -> bool:
    """Whether this very pack holds already."""
    return LoadedPack.objects.filter(digest=pack.digest).exists()


@transaction.atomic
def load(pack: Pack) -> int:
    """Store accounts, telephones and carriers, and ask the engine to take the pack. Returns the request's position."""
    set_staff(StaffRow(each.id, each.name, each.role, each.language) for each in pack.accounts)
    connection.ensure_connection()
    accounts.keep_only(connection.connection, sorted(pack.agency.staff))
    LoadedPack.objects.update_or_create(
        pk=1,
        defaults={
            "digest": pack.digest,
            "trunks": trunks.to_json(pack.trunks),
            "sealed_days": pack.sealed_days,
            "recording_days": pack.recording_days,
            "loaded_at": timezone.now(),
        },
    )
    kind, body = to_body(LoadAgency(pack.agency))
    return append(connection.connection, [Draft(kind, body)]).last


def wait_loaded(url: str, position: int, timeout_s: float) -> None:
    """Return once the engine has answered the request at `position`. Raises NoEngineError."""
    follower = Follower(url, after=position)
    deadline = time.monotonic() + timeout_s
    try:
        while (left_s := deadline - time.monotonic()) > 0:
            if any(event.kind == "agency_loaded" and event.cause == position for event in follower.read(left_s)):
                return
    finally:
        follower.close()
    raise NoEngineError(
        f"no engine took the pack within {timeout_s:g} s: it will hold as soon as one runs (`civicline run engine`)"
    )
