"""The `civicline` command in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

Civicline = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def civicline() -> Civicline:
    def run(*words: str, given: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "civicline.cli", *words],
            env=os.environ | environ, input=given, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    return run
