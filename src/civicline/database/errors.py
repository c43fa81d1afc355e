"""What goes wrong with the database, in one line that says how to mend it."""

from __future__ import annotations


class DatabaseError(RuntimeError):
    """The database cannot be made, started or reached; the message is for a person."""
