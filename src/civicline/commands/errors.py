"""What a person did that a command cannot follow."""

from __future__ import annotations


class UsageError(Exception):
    """One line that says what is wrong and how to mend it. The command ends with 2."""
