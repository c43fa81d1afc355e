"""`civicline agency check|draw|load PATH`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from civicline.agency import pack, recordings
from civicline.agency.mistakes import PackError
from civicline.agency.pack import Pack
from civicline.commands import django_setup, output
from civicline.commands.errors import UsageError
from civicline.settings import Settings

MISTAKE = 2


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = actions.add_parser("check", help="name every mistake of a pack", epilog=_example("check"))
    load = actions.add_parser("load", help="put a pack into force", epilog=_example("load"))
    drawing = actions.add_parser("draw", help="draw the menus as SVG", epilog=f"{_example('draw')} menus.svg")
    for each in (check, load, drawing):
        each.add_argument("path", type=Path, metavar="PATH", help="the pack's folder")
        output.add_json(each)
    drawing.add_argument("out", type=Path, metavar="OUT.svg", help="the file to write")
    drawing.add_argument("--language", default="", metavar="CODE", help="of the labels; the agency's first by default")
    load.add_argument("--if-changed", action="store_true", help="do nothing when this very pack holds already")
    load.add_argument("--wait", type=float, default=30.0, metavar="SECONDS", help="for the engine (30)")
    parser.epilog = _example("check")


def _example(action: str) -> str:
    return f"Example: civicline agency {action} agencies/demo"


def run(args: argparse.Namespace, settings: Settings) -> int:
    try:
        found = pack.read(args.path, datetime.now(UTC).date())
    except PackError as error:
        if args.json:
            output.show([asdict(mistake) for mistake in error.mistakes], as_json=True)
        else:
            for mistake in error.mistakes:
                print(mistake, file=sys.stderr)
        print(f"civicline: {error}", file=sys.stderr)
        return MISTAKE
    if args.action == "load":
        return _load(args, settings, found)
    if args.action == "draw":
        return _draw(args, found)
    _done(args, found, "is whole")
    return 0


def _draw(args: argparse.Namespace, found: Pack) -> int:
    from civicline.agency.picture import svg

    spoken = found.agency.languages
    if args.language and args.language not in spoken:
        raise UsageError(f"--language {args.language}: the agency speaks {', '.join(spoken)}")
    try:
        args.out.write_text(svg.draw(found.agency, args.language), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{args.out} cannot be written: {error.strerror}") from error
    if not args.json:
        print(f"{args.out}: {len(found.agency.menus)} menus, {len(found.agency.lines)} lines")
    return 0


def _load(args: argparse.Namespace, settings: Settings, found: Pack) -> int:
    django_setup.setup()
    from civicline.agency import actions
    from civicline.database.urls import urls

    if args.if_changed and actions.is_loaded(found):
        _done(args, found, "holds already")
        return 0
    recordings.install(found.path, settings.data / "agency")
    try:
        actions.wait_loaded(urls(settings).app, actions.load(found), args.wait)
    except actions.NoEngineError as error:
        raise UsageError(str(error)) from error
    _done(args, found, "is in force")
    return 0


def _done(args: argparse.Namespace, found: Pack, what: str) -> None:
    if args.json:
        output.show([], as_json=True)
        return
    agency = found.agency
    name = next(iter(agency.name.values()))
    print(
        f"{name}: the pack {what} ({len(agency.lines)} lines, {len(agency.topics)} topics,"
        f" {len(agency.queues)} queues, {len(agency.staff)} people who take contacts)"
    )
