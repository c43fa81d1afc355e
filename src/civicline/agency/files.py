"""All files of a pack, read and held against their models.

Every entry is looked at by itself, so that one mistake hides no other, and what refers to a wrong entry is still found.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from civicline.agency import marked, schema, unread
from civicline.agency.marked import Marked, Way, dotted
from civicline.agency.mistakes import Mistake


@dataclass
class Files:
    sources: dict[str, Marked] = field(default_factory=dict)
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    """File name to id to model, only those that fit."""
    agency: schema.AgencyFile | None = None
    retention: schema.RetentionFile | None = None
    mistakes: list[Mistake] = field(default_factory=list)
    today: date | None = None
    """What is wrong on a date before it is nobody's mistake any more; None: all dates count."""

    def ids(self, name: str) -> set[str]:
        """Of all entries that are written, also the wrong ones."""
        value = self.sources[name].value
        return set(value) if isinstance(value, dict) else set()

    def wrong(self, name: str, way: Way, message: str, mend: str) -> None:
        source = self.sources[name]
        self.mistakes.append(Mistake(source.file, source.line(way), dotted(way) or source.file, message, mend))


def read(path: Path, today: date | None = None) -> Files:
    files = Files(today=today)
    for name, model in schema.WHOLE.items():
        found = _read(files, path, name)
        setattr(files, name, None if found is None else _fit(files, name, TypeAdapter(model), found))
    for name, adapter in schema.ENTRIES.items():
        _read_entries(files, path, name, adapter)
    for language in languages(files):
        _read_entries(files, path, f"prompts/{language}", schema.PROMPTS)
    names = [source.file for source in files.sources.values()]
    files.mistakes += unread.mistakes(path, names, languages(files))
    return files


def languages(files: Files) -> list[str]:
    """What agency.yaml names, even where another of its fields is wrong."""
    value = files.sources["agency"].value
    found = value.get("languages") if isinstance(value, dict) else None
    return [each for each in found if isinstance(each, str) and each.isalpha()] if isinstance(found, list) else []


def _read(files: Files, path: Path, name: str) -> Any:
    missing = name in schema.OPTIONAL and not (path / f"{name}.yaml").exists()
    source = Marked(f"{name}.yaml", {}) if missing else marked.read(path / f"{name}.yaml", f"{name}.yaml")
    files.sources[name] = source
    files.mistakes += source.mistakes
    return source.value


def _read_entries(files: Files, path: Path, name: str, adapter: TypeAdapter[Any]) -> None:
    value = _read(files, path, name)
    kept: dict[str, Any] = {}
    files.entries[name] = kept
    if value is None:
        return
    if not isinstance(value, dict):
        files.wrong(name, (), "it is not a mapping", "write each entry as `id:` with its fields below")
        return
    for key, entry in value.items():
        kept.update(_fit(files, name, adapter, {key: entry}) or {})


def _fit(files: Files, name: str, adapter: TypeAdapter[Any], value: Any) -> Any:
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        for each in error.errors(include_url=False):
            way = tuple(part for part in each["loc"] if part != "[key]")
            files.wrong(name, way, *_words(each))
    return None


def _words(error: ErrorDetails) -> tuple[str, str]:
    """Message and mending, from pydantic's kind of error."""
    kind, said = error["type"], error["msg"]
    if kind == "missing":
        return "it is missing", "add it"
    if kind == "extra_forbidden":
        return "no such field", "remove it, or mend its spelling (docs/reference/agency-pack.md lists the fields)"
    message = f"{_short(error['input'])} does not do"
    if kind == "string_pattern_mismatch":
        return message, f"it must match {error.get('ctx', {}).get('pattern')}"
    said = said.removeprefix("Value error, ")
    return message, said[:1].lower() + said[1:]


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, (dict, list)):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…'"
