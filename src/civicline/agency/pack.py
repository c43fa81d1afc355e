"""An agency pack, read whole or not at all."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from civicline.agency import build, files, recordings, references
from civicline.agency.mistakes import Mistake, PackError
from civicline.agency.schema import TrunkPart
from civicline.agency.trunks import Registration, Trunk
from civicline.core.agency import Agency


@dataclass(frozen=True)
class Account:
    """Somebody who signs in. `language` is that of their pages: the first that they speak."""

    id: str
    name: str
    role: str
    language: str


@dataclass(frozen=True)
class Pack:
    agency: Agency
    trunks: tuple[Trunk, ...]
    accounts: tuple[Account, ...]
    sealed_days: int
    recording_days: int
    path: Path
    digest: str
    """Changes whenever a file of the pack does."""


def read(path: Path, today: date | None = None) -> Pack:
    """Raises PackError with every mistake that was found. Hours are looked at from `today` on; None: of all dates."""
    if not path.is_dir():
        raise PackError(path, [Mistake(str(path), 1, str(path), "there is no such folder", "name the pack's folder")])
    found = files.read(path, today)
    references.check(found)
    if found.mistakes:
        raise PackError(path, found.mistakes)
    assert found.retention is not None
    agency = build.agency(found, recordings.by_prompt(path))
    unplayable = list(recordings.mistakes(path, frozenset(agency.prompts), agency.languages))
    if unplayable:
        raise PackError(path, unplayable)
    return Pack(
        agency=agency,
        trunks=tuple(_trunk(id_, part) for id_, part in found.entries["trunks"].items()),
        accounts=tuple(
            Account(id_, part.name, part.role, part.languages[0]) for id_, part in found.entries["staff"].items()
        ),
        sealed_days=found.retention.sealed_days,
        recording_days=found.retention.recording_days,
        path=path,
        digest=_digest(path, found),
    )


def _trunk(id_: str, part: TrunkPart) -> Trunk:
    signs = part.registration
    registration = None if signs is None else Registration(signs.user, signs.expires_s, signs.contact)
    hosts = tuple(part.hosts)
    return Trunk(id_, tuple(part.networks), part.caller_id, hosts, registration, part.through, part.transport)


def _digest(path: Path, found: files.Files) -> str:
    digest = hashlib.sha256()
    for source in found.sources.values():
        if (path / source.file).exists():
            digest.update(source.file.encode() + b"\0" + (path / source.file).read_bytes() + b"\0")
    for recording in recordings.files(path):
        digest.update(str(recording.relative_to(path)).encode() + b"\0" + recording.read_bytes() + b"\0")
    return digest.hexdigest()
