"""`civicline report day`: a day's figures, from the journal."""

from __future__ import annotations

import argparse
import importlib
from dataclasses import asdict, is_dataclass
from datetime import date
from typing import Any

from civicline.commands import output
from civicline.commands.errors import UsageError
from civicline.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="REPORT", required=True)
    day = actions.add_parser("day", help="one day", epilog="Example: civicline report day --date 2026-11-20 --json")
    day.add_argument("--date", type=_date, metavar="YYYY-MM-DD", help="in the agency's zone; today when not given")
    output.add_json(day)
    parser.epilog = "Example: civicline report day"


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date: write YYYY-MM-DD") from None


def run(args: argparse.Namespace, settings: Settings) -> int:
    """`civicline.measures.report.day(settings, date | None)` gives rows: mappings or dataclasses."""
    try:
        report: Any = importlib.import_module("civicline.measures.report")
    except ModuleNotFoundError as error:
        raise UsageError("this installation has no reports: civicline.measures.report is missing") from error
    found = report.day(settings, args.date)
    output.show([asdict(row) if is_dataclass(row) and not isinstance(row, type) else row for row in found], args.json)
    return 0
