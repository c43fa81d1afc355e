"""`civicline report day`: a day's figures, from the journal."""

from __future__ import annotations

import argparse
import json
from datetime import date, datetime
from zoneinfo import ZoneInfo, available_timezones

from civicline.commands import output
from civicline.database.urls import urls
from civicline.journal.connect import connect
from civicline.measures import period, report
from civicline.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="REPORT", required=True)
    day = actions.add_parser("day", help="one day", epilog="Example: civicline report day --date 2026-11-20 --json")
    day.add_argument("--date", type=_date, metavar="YYYY-MM-DD", help="today when not given")
    day.add_argument("--zone", type=_zone, metavar="ZONE", help="such as America/Denver; the agency's when not given")
    output.add_json(day)
    parser.epilog = "Example: civicline report day"


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date: write YYYY-MM-DD") from None


def _zone(text: str) -> str:
    if text not in available_timezones():
        raise argparse.ArgumentTypeError(f"there is no time zone {text!r}: write it as America/Denver")
    return text


def run(args: argparse.Namespace, settings: Settings) -> int:
    url = urls(settings).auditor
    found = report.day(url, args.date or _today(url, args.zone), args.zone)
    print(json.dumps(found, indent=1) if args.json else report.render(found))
    return 0


def _today(url: str, zone: str | None) -> date:
    if zone is None:
        with connect(url, "report") as conn:
            zone = period.agency_zone(conn)
    return datetime.now(ZoneInfo(zone or "UTC")).date()
