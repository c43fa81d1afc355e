"""How many bridged, recorded and encrypted G.711 calls one core carries clean: `bridged_calls.py --recorded`."""

from __future__ import annotations

from typing import Any

import bridged_calls


def run() -> dict[str, Any]:
    return bridged_calls.run(recorded=True)
