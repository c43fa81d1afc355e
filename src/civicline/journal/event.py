"""A row of the journal, and a row to be."""

from __future__ import annotations

from typing import Any, NamedTuple

Statement = tuple[Any, Any]
"""SQL and its parameters."""


class Event(NamedTuple):
    position: int
    """Gapless, from 1, in commit order."""
    at: float
    """When it was appended: seconds since 1970, UTC, by the database's clock; never goes back."""
    kind: str
    version: int
    cause: int | None
    body: dict[str, Any]


class Draft(NamedTuple):
    kind: str
    body: dict[str, Any]
    version: int = 1
    cause: int | None = None
    """Position of the request that this fact answers."""


class Appended(NamedTuple):
    first: int
    last: int
    at: float


class StaleEpochError(RuntimeError):
    """The facts were refused: another engine leads, or the kind is not one that features may append."""


class BatchKnownError(RuntimeError):
    """The batch was appended by an earlier try; nothing was appended now."""
