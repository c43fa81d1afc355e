"""`run/up.json`: who runs now. For `civicline doctor` and for tests that kill processes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from civicline.supervisor.child import Child

NAME = "up.json"


def write(run_dir: Path, children: Iterable[Child], ready: bool) -> None:
    """Atomically: readers see the old file or the new one."""
    body = {
        "pid": os.getpid(),
        "ready": ready,
        "children": {child.program.name: {"pid": child.pid, "starts": child.starts} for child in children},
    }
    draft = run_dir / f".{NAME}"
    draft.write_text(json.dumps(body, indent=1))
    draft.replace(run_dir / NAME)


def read(run_dir: Path) -> dict[str, Any] | None:
    """None when no supervisor has written one, or it has ended."""
    try:
        body: dict[str, Any] = json.loads((run_dir / NAME).read_text())
        os.kill(int(body["pid"]), 0)
    except (FileNotFoundError, ProcessLookupError):
        return None
    except PermissionError:
        pass
    return body


def remove(run_dir: Path) -> None:
    (run_dir / NAME).unlink(missing_ok=True)
