"""The keyset that protects personal data, and what it does: keyed hashes, keys of single contacts and recordings.

The only module that knows Tink; a FIPS-validated provider replaces it by offering the same names. The file holds two
Tink keysets as JSON: `seal` (AES-256-GCM, wraps contacts' keys) and `hash` (HMAC-SHA256 as a PRF). Rotating `seal`
(`people/rotation.py`) leaves hashes as they are.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import tink
from tink import aead, prf, secret_key_access

from civicline import settings

log = logging.getLogger(__name__)

Purpose = Literal["call", "number", "leg", "cookies"]
HASH_B = 16
FORMAT = 1


class KeysetError(RuntimeError):
    """The keyset cannot be used, or does not open what it was given; one line that says how to mend it."""


@dataclass(frozen=True)
class ContactKey:
    """The key of one contact, or of one recording. What is sealed under one name does not open under another."""

    contact: str
    _aead: Any = field(repr=False)

    def seal(self, name: str, data: bytes) -> bytes:
        return bytes(self._aead.encrypt(data, _bound(self.contact, name)))

    def open(self, name: str, sealed: bytes) -> bytes:
        """Raises KeysetError when the bytes were sealed for another contact or name, or were changed."""
        try:
            return bytes(self._aead.decrypt(sealed, _bound(self.contact, name)))
        except tink.TinkError as error:
            raise KeysetError(f"the sealed field {name} does not open: it was changed or belongs elsewhere") from error


@dataclass(frozen=True)
class Keyset:
    """`_primary` wraps as `_wrap` does, but opens only what the present wrapping key wrapped."""

    _wrap: Any = field(repr=False)
    _primary: Any = field(repr=False)
    _prf: Any = field(repr=False)

    def hashed(self, text: str, purpose: Purpose) -> str:
        """32 hex digits; the same text gives unrelated hashes for different purposes."""
        return str(self._prf.primary().compute(purpose.encode() + b"\0" + text.encode(), HASH_B).hex())

    def new_key(self, contact: str) -> tuple[ContactKey, bytes]:
        """A new key for a contact, and the same key wrapped for storing."""
        handle = tink.new_keyset_handle(aead.aead_key_templates.AES256_GCM)
        wrapped = tink.proto_keyset_format.serialize_encrypted(handle, self._wrap, _bound(contact, "key"))
        return ContactKey(contact, handle.primitive(aead.Aead)), bytes(wrapped)

    def open_key(self, contact: str, wrapped: bytes) -> ContactKey:
        """Raises KeysetError when the key was wrapped for another contact or by another keyset."""
        return ContactKey(contact, self._handle(contact, wrapped).primitive(aead.Aead))

    def wrapped_anew(self, contact: str, wrapped: bytes) -> bytes | None:
        """The same key, wrapped by the present wrapping key; None when it is already. Raises KeysetError."""
        try:
            tink.proto_keyset_format.parse_encrypted(wrapped, self._primary, _bound(contact, "key"))
        except tink.TinkError:
            handle = self._handle(contact, wrapped)
            return bytes(tink.proto_keyset_format.serialize_encrypted(handle, self._wrap, _bound(contact, "key")))
        return None

    def _handle(self, contact: str, wrapped: bytes) -> Any:
        try:
            return tink.proto_keyset_format.parse_encrypted(wrapped, self._wrap, _bound(contact, "key"))
        except tink.TinkError as error:
            raise KeysetError(
                "a contact's key does not open: CIVICLINE_KEYSET is not the keyset that it was made with"
            ) from error


def _bound(contact: str, name: str) -> bytes:
    """Associated data: a length first, so that no two pairs give the same bytes."""
    first = contact.encode()
    return len(first).to_bytes(2, "big") + first + name.encode()


@cache
def _registered() -> None:
    aead.register()
    prf.register()


def create(path: Path) -> bool:
    """Write a new keyset that only its owner may read; False, and nothing is changed, when there is one."""
    _registered()
    first = {
        "format": FORMAT,
        "seal": _fresh(aead.aead_key_templates.AES256_GCM),
        "hash": _fresh(prf.prf_key_templates.HMAC_SHA256),
    }
    draft = write_draft(path, first)
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


def write_draft(path: Path, held: Any) -> Path:
    """A file beside `path` that only its owner may read, safely on disk. The owner is that of `path` where there is
    one: the service must be able to read what an administrator has changed. Raises KeysetError."""
    draft = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    try:
        fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise KeysetError(f"no keyset can be made at {path}: {error.strerror}; set CIVICLINE_KEYSET") from error
    with os.fdopen(fd, "w", encoding="ascii") as file:
        try:
            _give_to_owner(fd, path)
        except OSError as error:
            draft.unlink()
            raise KeysetError(f"{path} is another user's: run this as its owner or as root") from error
        json.dump(held, file, indent=1)
        file.flush()
        os.fsync(fd)
    return draft


def _give_to_owner(fd: int, path: Path) -> None:
    """Owner, group and mode of the file that is there; nothing where there is none. Raises OSError."""
    with suppress(FileNotFoundError):
        before, now = path.stat(), os.fstat(fd)
        os.fchmod(fd, stat.S_IMODE(before.st_mode) & 0o700)
        if (before.st_uid, before.st_gid) != (now.st_uid, now.st_gid):
            os.fchown(fd, before.st_uid, before.st_gid)


def fresh_seal() -> Any:
    """A wrapping keyset with one new key, as JSON."""
    _registered()
    return _fresh(aead.aead_key_templates.AES256_GCM)


def _fresh(template: Any) -> Any:
    handle = tink.new_keyset_handle(template)
    return json.loads(tink.json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN))


def load(path: Path) -> Keyset:
    """Raises KeysetError when there is none, others may read it, or it is not a keyset."""
    return made(read(path), path)


def made(held: Any, path: Path) -> Keyset:
    """Of what `path` holds. Raises KeysetError."""
    _registered()
    try:
        seal, primary, hashes = (_parsed(each) for each in (held["seal"], primary_only(held["seal"]), held["hash"]))
        return Keyset(seal.primitive(aead.Aead), primary.primitive(aead.Aead), hashes.primitive(prf.PrfSet))
    except (KeyError, TypeError, tink.TinkError) as error:
        raise KeysetError(f"{path} is not a keyset of Civicline's: restore it from its backup") from error


def primary_only(seal: Any) -> Any:
    """The keyset `seal` with the wrapping key alone that wraps now."""
    return seal | {"key": [key for key in seal["key"] if key["keyId"] == seal["primaryKeyId"]]}


def _parsed(held: Any) -> Any:
    return tink.json_proto_keyset_format.parse(json.dumps(held), secret_key_access.TOKEN)


def read(path: Path) -> Any:
    """What the file holds, unchecked. Raises KeysetError when there is none, or others may read it."""
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise KeysetError(
            f"the keyset {path} cannot be read ({error.strerror}): restore it, or make the first one"
            " with `civicline keyset create`"
        ) from error
    with os.fdopen(fd, encoding="utf-8") as file:
        if stat.S_IMODE(os.fstat(fd).st_mode) & 0o077:
            raise KeysetError(f"others may read the keyset: chmod 600 {path}")
        try:
            return json.load(file)
        except ValueError as error:
            raise KeysetError(f"{path} is not a keyset of Civicline's: restore it from its backup") from error


class _Current:
    """The keyset at a path, read again when the file was replaced (a rotation). One that cannot be read does not take
    the place of the one that is held: calls must not stop for a file that somebody is about to put right."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, ...] = ()
        self._held: Keyset | None = None

    def get(self) -> Keyset:
        """Raises KeysetError while none could be read yet."""
        stamp = self._stamp_now()
        if self._held is None:
            self._held = load(self._path)
        elif stamp != self._stamp:
            self._held = self._loaded() or self._held
        self._stamp = stamp
        return self._held

    def _stamp_now(self) -> tuple[int, ...]:
        """The time of change of the inode, too: who may read the file is mended without writing it."""
        try:
            now = self._path.stat()
        except OSError:
            return self._stamp
        return (now.st_ino, now.st_mtime_ns, now.st_ctime_ns, now.st_size)

    def _loaded(self) -> Keyset | None:
        """None, with one line in the log for each change of the file, where it cannot be used."""
        try:
            return load(self._path)
        except KeysetError as error:
            log.error("the keyset changed and cannot be used; the one before is used on: %s", error)
            return None


@cache
def _current() -> _Current:
    return _Current(settings.load().keyset)


def current() -> Keyset:
    """The keyset of this process, from CIVICLINE_KEYSET. Raises KeysetError."""
    return _current().get()


def hashed(text: str, purpose: Purpose) -> str:
    """`Keyset.hashed` with this process's keyset."""
    return current().hashed(text, purpose)
