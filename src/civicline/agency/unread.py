"""Files of a pack that nothing reads: a misspelt name would drop a survey without a word."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from pathlib import Path

from civicline.agency.mistakes import Mistake

ENDINGS = frozenset({".yaml", ".yml"})
PROMPTS = "prompts"


def mistakes(path: Path, read: Collection[str], languages: Collection[str]) -> Iterator[Mistake]:
    """`read`: the names of the files that are; hidden ones belong to somebody's tools."""
    for each in sorted(path.rglob("*")):
        where = each.relative_to(path)
        hidden = any(part.startswith(".") for part in where.parts)
        if each.suffix.lower() not in ENDINGS or hidden or where.as_posix() in read or not each.is_file():
            continue
        if where.parent.as_posix() != PROMPTS or each.stem in languages:
            yield _misspelt(where.as_posix(), read)
        elif languages:  # none: agency.yaml is at fault, which is said there
            message = f"{each.stem!r} is not a language of the agency"
            yield Mistake(str(where), 1, each.stem, message, "add it to `languages` in agency.yaml, or remove the file")


def _misspelt(name: str, read: Collection[str]) -> Mistake:
    meant = get_close_matches(name, read, 1)
    mend = f"name it {meant[0]}, or remove it" if meant else "remove it, or move it out of the pack"
    return Mistake(name, 1, name, "no file of this name is read", mend)
