"""Databases of a test's own, beside the one that all tests share."""

import shutil
import tempfile
from pathlib import Path

import pytest

from civicline import settings


@pytest.fixture
def folder():
    """A private folder with a short path; pytest's are too long for a socket."""
    path = Path(tempfile.mkdtemp(prefix="civicline-own-"))
    yield path
    shutil.rmtree(path)


def settings_in(path):
    return settings.load({"CIVICLINE_DATA": str(path)})


@pytest.fixture
def own(folder):
    return settings_in(folder / "data")
