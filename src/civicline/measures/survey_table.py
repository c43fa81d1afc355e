"""The survey and first-contact resolution as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.table import Table

WORDS = {
    "representative": "the representative's word",
    "person": "the person's word",
    "repeats_7d": "7 days without a repeat",
    "repeats_30d": "30 days without a repeat",
}
COUNTS = ("volume", "told", "offered", "begun", "responses", "completed", "broken_off")
REPLIES = ("silence", "invalid", "hung_up")


def tables(report: dict[str, Any]) -> Iterator[Table | str]:
    """What was asked, what was answered, and the three words side by side."""
    total = report["total"]
    yield _survey(total["survey"])
    if total["survey"]["questions"]:
        yield _questions(total["survey"]["questions"])
    yield _resolution(total["first_contact_resolution"], report["repeats_complete"])
    yield from _disagreement(total["first_contact_resolution"])
    for name in ("line", "topic", "queue"):
        if report["by"][name]:
            yield _groups(name, report["by"][name])


def share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def _short(word: dict[str, Any]) -> str:
    return "–" if word["value"] is None else f"{100 * word['value']:.0f} % ({word['of']:,})"


def _survey(survey: dict[str, Any]) -> Table:
    table = Table(*(name.replace("_", " ") for name in COUNTS), "response rate", title=f"Survey ({survey['mode']})")
    table.add_row(*(f"{survey[name]:,}" for name in COUNTS), share(survey["response_rate"]["value"]))
    return table


def _questions(surveys: dict[str, Any]) -> Table:
    table = Table("question", "asked", "answers", *(name.replace("_", " ") for name in REPLIES), title="Answers")
    for survey, questions in surveys.items():
        for name, counts in questions.items():
            answers = ", ".join(f"{value}: {count:,}" for value, count in counts["answers"].items())
            table.add_row(
                f"{survey}.{name}", f"{counts['asked']:,}", answers, *(f"{counts[each]:,}" for each in REPLIES)
            )
    return table


def _resolution(found: dict[str, Any], complete: dict[str, bool]) -> Table:
    table = Table("word", "value", "resolved", "of", "formula", title="First-contact resolution")
    for word, label in WORDS.items():
        each = found["words"][word]
        so_far = "" if complete.get(word, True) else ", so far"
        counts = f"{each['resolved']:,}", f"{each['of']:,}"
        table.add_row(label + so_far, share(each["value"]), *counts, each["formula"])
    return table


def _disagreement(found: dict[str, Any]) -> Iterator[str]:
    """A line for each two words that both say something of the same contacts."""
    left_out = found["left_out_of_repeats"]
    yield (
        f"Answered: {found['volume']:,}. Left out of repeat tracking: {left_out['withheld']:,} with a withheld number,"
        f" {left_out['without_topic']:,} without a topic."
    )
    for each in found["disagreement"]:
        one, other = each["between"]
        yield (
            f"Both known of {each['of']:,}: {each['agree']:,} agree; resolved only by {WORDS[one]}:"
            f" {each[f'resolved_only_by_{one}']:,}, only by {WORDS[other]}: {each[f'resolved_only_by_{other}']:,}."
        )


def _groups(name: str, groups: dict[str, Any]) -> Table:
    """Shares stand with the number of contacts that they rest on."""
    counts = ("offered", "begun", "completed", "broken_off")
    table = Table(title=f"Survey and first-contact resolution by {name}")
    table.add_column(name, no_wrap=True)
    words = ("FCR: repr.", "person", "7 days", "30 days")
    for label in (*(each.replace("_", " ") for each in counts), *words):
        table.add_column(label, justify="right")
    for key, entry in groups.items():
        said = entry["first_contact_resolution"]["words"]
        shares = (_short(said[word]) for word in WORDS)
        table.add_row(key, *(f"{entry['survey'][each]:,}" for each in counts), *shares)
    return table
