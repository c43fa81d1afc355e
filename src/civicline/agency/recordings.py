"""The pack's own recordings, `prompts/<language>/<name>.wav`: checked, and copied to where voice reads them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from civicline.agency.mistakes import Mistake
from civicline.voice.prompts import audio


def files(path: Path) -> Iterator[Path]:
    """All recordings of the pack at `path`, in the order of their names."""
    yield from sorted(path.glob("prompts/*/*.wav"))


def by_prompt(path: Path) -> dict[str, list[str]]:
    """The languages in which the pack has a recording, by the prompt's name."""
    found: dict[str, list[str]] = {}
    for each in files(path):
        found.setdefault(each.stem, []).append(each.parent.name)
    return found


def mistakes(path: Path, prompts: frozenset[str], languages: tuple[str, ...]) -> Iterator[Mistake]:
    """Recordings that cannot be played, or that no prompt is named after."""
    for each in files(path):
        name, where = each.stem, str(each.relative_to(path))
        if each.parent.name not in languages:
            yield Mistake(where, 1, name, "the agency does not speak this language", "remove it or add the language")
        elif name not in prompts:
            yield Mistake(where, 1, name, "there is no prompt of this name", "name it after a prompt")
        else:
            try:
                audio.read(each)
            except (audio.AudioError, OSError) as error:
                yield Mistake(where, 1, name, str(error), "save it as WAV, 16 bit, mono")


def install(path: Path, target: Path) -> None:
    """Make `target` hold the recordings of the pack at `path`, and no others; whole, or as it was."""
    draft, old = target.with_name(f".{target.name}-new"), target.with_name(f".{target.name}-old")
    for each in (draft, old):
        shutil.rmtree(each, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    for each in files(path):
        copy = draft / each.relative_to(path)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(each, copy)
    if target.exists():
        target.rename(old)
    draft.rename(target)
    shutil.rmtree(old, ignore_errors=True)
