"""Everything that changes staff and their sign-ins; the only writer of the people tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from civicline.people import audit
from civicline.people.models import Attempts, Staff
from civicline.people.pauses import FORGET, FREE_FOR_ACCOUNT, FREE_FOR_ADDRESS, remaining_s


@dataclass(frozen=True, slots=True)
class StaffRow:
    """One person as the agency pack names them; `role` is a value of models.Role, `language` a code such as `es`."""

    username: str
    display_name: str
    role: str = "representative"
    language: str = "en"


@dataclass(frozen=True, slots=True)
class SignIn:
    """`staff` when the password was right; `wait_s` seconds when no attempt is looked at now."""

    staff: Staff | None
    wait_s: int = 0


class PeopleError(ValueError):
    """What is wrong with a person or password, in one line for people."""


@transaction.atomic
def set_staff(rows: Iterable[StaffRow]) -> None:
    """Make the staff be exactly `rows`: others can no longer sign in. Passwords stay. Raises PeopleError."""
    wanted = {row.username: row for row in rows}
    known = {staff.username: staff for staff in Staff.objects.select_for_update()}
    changed = [name for name, row in wanted.items() if _put(row, known.get(name))]
    gone = [name for name, staff in known.items() if staff.is_active and name not in wanted]
    Staff.objects.filter(username__in=gone).update(is_active=False)
    audit.staff_changed({name: wanted[name].role for name in changed} | dict.fromkeys(gone))


def _put(row: StaffRow, staff: Staff | None) -> bool:
    """True when something changed."""
    new = staff or Staff(username=row.username)
    before = None if staff is None else (new.display_name, new.role, new.language, new.is_active)
    after = (row.display_name, row.role, row.language, True)
    if before == after:
        return False
    new.display_name, new.role, new.language, new.is_active = after
    if staff is None:
        new.set_unusable_password()
    try:
        new.clean_fields()
    except ValidationError as error:
        raise PeopleError(f"{row.username}: {'; '.join(error.messages)}") from error
    new.save()
    return True


@transaction.atomic
def set_password(username: str, password: str) -> None:
    """Set a password, checked against the rules, and end the person's sessions. Raises PeopleError."""
    staff = Staff.objects.select_for_update().filter(username=username).first()
    if staff is None:
        raise PeopleError(f"{username} is not on the staff: name them in staff.yaml and load the agency first")
    try:
        validate_password(password, staff)
    except ValidationError as error:
        raise PeopleError("; ".join(error.messages)) from error
    staff.set_password(password)
    staff.save(update_fields=["password"])
    Attempts.objects.filter(key=_account_key(username)).delete()
    audit.password_set(username)


@transaction.atomic
def sign_in(username: str, password: str, address: str) -> SignIn:
    """Look at one attempt from a network address. The account's row is locked, so guesses cannot run in parallel."""
    now = timezone.now()
    rows = [_attempts(_address_key(address), now), _attempts(_account_key(username), now)]
    wait_s = max(
        remaining_s(row.failures, free, row.last_at, now)
        for row, free in zip(rows, (FREE_FOR_ADDRESS, FREE_FOR_ACCOUNT), strict=True)
    )
    if wait_s:
        return SignIn(None, wait_s)
    user = authenticate(None, username=username, password=password)
    if not isinstance(user, Staff):
        return _failed(username, rows)
    rows[1].delete()
    audit.signed_in(user.username)
    return SignIn(user)


def _failed(username: str, rows: list[Attempts]) -> SignIn:
    now = timezone.now()  # the pause begins with the refusal: looking at the password took a part of a second
    for row in rows:
        row.failures += 1
        row.last_at = now
        row.save()
    known = Staff.objects.filter(username=username).exists()
    audit.sign_in_failed(username if known else None)
    return SignIn(None)


def signed_out(staff: Staff) -> None:
    with transaction.atomic():
        audit.signed_out(staff.username)


def _attempts(key: str, now: datetime) -> Attempts:
    row, _ = Attempts.objects.get_or_create(key=key, defaults={"last_at": now})
    row = Attempts.objects.select_for_update().get(pk=row.pk)
    if now - row.last_at > FORGET:
        row.failures = 0
    return row


def _account_key(username: str) -> str:
    return "account:" + username[:64].lower()


@transaction.atomic
def pause_left_s(what: str, address: str) -> int:
    """Seconds until another attempt of the kind `what` from a network address is looked at; 0: it is now."""
    now = timezone.now()
    row = _attempts(_address_key(address, what), now)
    return remaining_s(row.failures, FREE_FOR_ADDRESS, row.last_at, now)


@transaction.atomic
def count_attempt(what: str, address: str) -> None:
    """One more of the kind `what`, which people without an account may do so often."""
    now = timezone.now()
    row = _attempts(_address_key(address, what), now)
    row.failures, row.last_at = row.failures + 1, now
    row.save()


def _address_key(address: str, what: str = "address") -> str:
    """Addresses of people are kept as keyed hashes only."""
    return f"{what}:" + salted_hmac("civicline.people.address", address, algorithm="sha256").hexdigest()[:32]


def clear_old() -> int:
    """Delete ended sessions and forgotten attempts; returns how many rows went. A daily timer calls it."""
    sessions, _ = Session.objects.filter(expire_date__lt=timezone.now()).delete()
    attempts, _ = Attempts.objects.filter(last_at__lt=timezone.now() - FORGET).delete()
    return sessions + attempts
