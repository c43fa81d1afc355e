"""What every check of a pack asks: is the name known, is the text there in each language, is the queue served."""

from __future__ import annotations

from collections.abc import Iterable

from civicline.agency.files import Files, languages
from civicline.agency.marked import Way
from civicline.agency.schema import StaffPart
from civicline.core.agency import Text


def known(files: Files, name: str, way: Way, value: str, where: str) -> None:
    ids = files.ids(where)
    if value not in ids:
        files.wrong(name, way, f"{value!r} is not in {where}.yaml", f"name one of {listed(ids)}, or add it there")


def listed(ids: Iterable[str]) -> str:
    found = sorted(ids)
    return ", ".join(found[:12]) + (", …" if len(found) > 12 else "") if found else "(there are none)"


def texts(files: Files, name: str, way: Way, texts: Text) -> None:
    wanted = languages(files)
    for language in wanted:
        if language not in texts:
            files.wrong(name, way, f"there is no text in {language!r}", f"add a line `{language}: …`")
    for language in texts:
        if wanted and language not in wanted:
            files.wrong(
                name, (*way, language), f"{language!r} is not a language of the agency", "name it in agency.yaml"
            )


def takers(files: Files, queue: str) -> list[StaffPart]:
    """Its people who take a contact now or, by overflow, later."""
    part = files.entries["queues"].get(queue)
    if part is None:
        return []
    tiers = {*part.tiers, *(tier for step in part.overflow for tier in step.tiers)}
    return [each for each in files.entries["staff"].values() if queue in each.queues and each.tier in tiers]


def unserved(files: Files, queue: str) -> list[str]:
    """The languages in which nobody takes a contact that only names this queue."""
    if queue not in files.entries["queues"]:
        return []
    spoken = {language for each in takers(files, queue) for language in each.languages}
    return [language for language in languages(files) if language not in spoken]
