"""The long rounds run only when they are asked for: `make chaos`, or pytest with this folder's path."""

from __future__ import annotations

from pathlib import Path

import pytest

from peers import baresip, sipp

HERE = Path(__file__).parent


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    asked = any(HERE in (path := Path(arg.split("::")[0]).resolve()).parents or path == HERE for arg in config.args)
    return None if asked else True


LONGEST_S = 4 * 3600
"""In place of the minutes that a test of `make test` may take."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.timeout(LONGEST_S))
    if not (sipp.installed() and baresip.installed()):
        mark = pytest.mark.skip(reason="needs Debian's sip-tester and baresip-core")
        for item in items:
            if HERE in item.path.parents:
                item.add_marker(mark)
