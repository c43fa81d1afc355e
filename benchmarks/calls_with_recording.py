"""Calls a second from answer to BYE as in `calls`, with every talk recorded and encrypted: `calls.py --recorded`."""

from __future__ import annotations

from typing import Any

import calls


def run() -> dict[str, Any]:
    return calls.run(keys=calls.RECORDED)
