"""Every text that pages show has a Spanish one, and the compiled catalogue is that of the written one."""

from __future__ import annotations

import ast
import gettext
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import civicline

SOURCE = Path(civicline.__file__).parent
CATALOGUE = SOURCE / "web" / "locale" / "es" / "LC_MESSAGES" / "django.po"
TAG = re.compile(r"""{%\s*translate\s+"([^"]+)"\s*%}""")
CALLS = {"_", "gettext", "gettext_lazy"}


def in_templates() -> Iterator[str]:
    for path in SOURCE.rglob("templates/**/*.html"):
        yield from TAG.findall(path.read_text())


def in_code() -> Iterator[str]:
    for path in SOURCE.rglob("*.py"):
        text = path.read_text()
        if "django.utils.translation" in text:
            yield from _marked(ast.parse(text))


def _marked(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
            first = node.args[0]
            if isinstance(first, ast.Constant):
                yield str(first.value)


def compiled() -> gettext.GNUTranslations:
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        return gettext.GNUTranslations(file)


def test_every_marked_text_has_a_spanish_one() -> None:
    marked = {*in_templates(), *in_code()}
    known = compiled()._catalog
    assert len(marked) > 50
    assert sorted(marked - set(known)) == []


def test_no_text_is_kept_that_nobody_shows() -> None:
    known = {key if isinstance(key, str) else key[0] for key in compiled()._catalog} - {""}
    plural = {"Too many attempts. Try again in %(n)d second."}
    assert sorted(known - {*in_templates(), *in_code()} - plural) == []


def test_the_compiled_catalogue_is_that_of_the_written_one(tmp_path: Path) -> None:
    if shutil.which("msgfmt") is None:
        pytest.skip("msgfmt is not installed: apt-get install gettext")
    subprocess.run(["msgfmt", "-o", tmp_path / "made.mo", CATALOGUE], check=True)
    assert (tmp_path / "made.mo").read_bytes() == CATALOGUE.with_suffix(".mo").read_bytes()
