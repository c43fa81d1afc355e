"""A report as tables for a terminal."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console
from rich.table import Table

from civicline.core.measures import FORMULAS, OUTCOMES, UNKNOWN
from civicline.measures import survey_table

WIDTH = 110
COLUMNS = {
    "received": "received",
    "answered": "answered",
    "secondary_abandon": "left in queue",
    "primary_abandon": "left in menu",
    "courtesy_disconnect": "turned away",
}
MEASURES = {"los": "LOS", "answered_share_of_all": "of all", "asa_hold_only_s": "ASA", "service_level_negative": "SL"}
UNIT_S = "_s"
PER_CALLBACK = "_per_callback"
TOLD = ("wait_told_close", "wait_told_in_range", "wait_told_error_s")


def render(report: dict[str, Any]) -> str:
    """The report for a person to read."""
    console = Console(file=io.StringIO(), width=WIDTH, color_system=None)
    so_far = "" if report["complete"] else ", so far"
    console.print(f"{report['date']} ({report['zone']}{so_far})")
    console.print(_outcomes(report["total"]["parts"]))
    console.print(_measures(report["total"]["measures"]))
    for name, groups in report["by"].items():
        if groups:
            console.print(_groups(name, groups))
    if report["total"]["parts"]["wait_told"]:
        console.print(_told(report["by"]["queue"]))
    if report["representatives"]:
        console.print(_representatives(report["representatives"]))
    if report["needs"]:
        console.print(_needs(report["needs"]))
    for each in survey_table.tables(report):
        console.print(each)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def _outcomes(parts: dict[str, float]) -> Table:
    table = Table("received", *(name.replace("_", " ") for name in OUTCOMES), title="Contacts")
    table.add_row(*(f"{parts[name]:,}" for name in ("received", *OUTCOMES)))
    return table


def _measures(measures: dict[str, Any]) -> Table:
    table = Table("measure", "value", "formula", "parts", title="Measures")
    for name in (*FORMULAS, *UNKNOWN):
        each = measures[name]
        parts = ", ".join(f"{value:,.4g}" for value in each["parts"].values())
        table.add_row(name, number(name, each["value"]), each["formula"], parts)
    return table


def _groups(name: str, groups: dict[str, Any]) -> Table:
    table = Table(title=f"By {name.replace('_', ' ')}")
    table.add_column(name.replace("_", " "), no_wrap=True)
    for label in (*COLUMNS.values(), *MEASURES.values()):
        table.add_column(label, justify="right")
    for key, entry in groups.items():
        counts = (f"{entry['parts'][part]:,}" for part in COLUMNS)
        table.add_row(key, *counts, *(number(each, entry["measures"][each]["value"]) for each in MEASURES))
    return table


def _told(queues: dict[str, Any]) -> Table:
    """Close: the real wait was within a minute, or within a quarter of it, of what was told first."""
    table = Table(title="Told wait against real wait: close = wait_told_close ÷ wait_told")
    table.add_column("queue", no_wrap=True)
    for label in ("told and answered", "close", "in the range", "mean error"):
        table.add_column(label, justify="right")
    for key, entry in queues.items():
        if entry["parts"]["wait_told"]:
            shares = (number(each, entry["measures"][each]["value"]) for each in TOLD)
            table.add_row(key, f"{entry['parts']['wait_told']:,}", *shares)
    return table


def _representatives(found: dict[str, Any]) -> Table:
    table = Table(title="By representative: handle time = (talk + hold + wrap-up) ÷ handled")
    table.add_column("representative", no_wrap=True)
    for label in ("contacts", "handled", "talk", "hold", "wrap-up", "handle time", "asked", "beside a call"):
        table.add_column(label, justify="right")
    for name, work in found.items():
        times = (number(each, work[each]) for each in ("talk_s", "hold_s", "wrap_up_s", "handle_time_s"))
        counts = (f"{work[each]:,}" for each in ("contacts", "handled"))
        table.add_row(name, *counts, *times, f"{work['asked']:,}", number("beside_s", work["beside_s"]))
    return table


def _needs(found: list[dict[str, Any]]) -> Table:
    table = Table("office", "need", "sent", "answered", title="What people were sent to other offices for")
    for each in found:
        table.add_row(each["office"], each["need"] or "–", f"{each['sent']:,}", f"{each['answered']:,}")
    return table


def number(name: str, value: float | None) -> str:
    """Seconds as 1.5 s, shares as 88.0 %, what is counted for each as 1.5; and a dash where there is no denominator."""
    if value is None:
        return "–"
    if name.endswith(PER_CALLBACK):
        return f"{value:,.1f}"
    return f"{value:,.1f} s" if name.endswith(UNIT_S) else f"{100 * value:.1f} %"
