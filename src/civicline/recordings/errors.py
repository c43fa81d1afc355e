"""What is wrong with a recording, in one line for people."""

from __future__ import annotations


class RecordingError(RuntimeError):
    """A recording that cannot be read, or not by everybody; the message names the second and the channel."""
