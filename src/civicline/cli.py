"""The `civicline` command. Only the module of the command that was given is imported, so that processes start fast."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

from civicline import settings as settings_module
from civicline.commands.errors import UsageError
from civicline.settings import SettingError

COMMANDS = {
    "up": "start everything under one supervisor",
    "demo": "start everything with the demonstration agency and callers",
    "run": "run one process: postgres, engine, voice, media, worker, web or live",
    "migrate": "bring the database's tables up to date",
    "agency": "check or load an agency pack",
    "staff": "passwords of the staff, and of their telephones",
    "keyset": "make the keyset that protects personal data, or rotate it",
    "export": "hand out a recording to somebody allowed",
    "verify": "hold recordings against the journal",
    "report": "figures of a day",
    "doctor": "look at this machine and say what to mend",
}
MISTAKE = 2
"""Exit code of a mistake that a person can mend."""


def main(argv: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(words)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as error:
        if not _is_mistake(error):
            raise
        print(f"civicline: {' '.join(str(error).split())}", file=sys.stderr)
        return MISTAKE


def _run(words: list[str]) -> int:
    parser = _parser(words)
    args = parser.parse_args(words)
    if args.command is None:
        parser.print_help()
        return 0
    code: int = _module(args.command).run(args, settings_module.load())
    return code


def _parser(words: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="civicline",
        description="A contact centre for public agencies. Settings are environment variables: CIVICLINE_DATA, …",
        epilog="Example: civicline up --agency agencies/demo",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    wanted = next((word for word in words if not word.startswith("-")), None)
    for name, help_text in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=help_text,
            description=help_text.capitalize() + ".",
            formatter_class=argparse.RawTextHelpFormatter,
        )
        if name == wanted:
            _module(name).configure(command)
    return parser


def _module(name: str) -> Any:
    return importlib.import_module(f"civicline.commands.{name}")


def _is_mistake(error: Exception) -> bool:
    """Errors whose message is meant for a person. Their modules are looked up only when they were imported."""
    kinds: list[Any] = [UsageError, SettingError]
    for module, name in (
        ("civicline.database.errors", "DatabaseError"),
        ("civicline.people.keyset", "KeysetError"),
        ("civicline.people.actions", "PeopleError"),
        ("civicline.recordings.errors", "RecordingError"),
        ("civicline.web.secret", "SecretError"),
        ("civicline.agency.mistakes", "PackError"),
        ("psycopg", "OperationalError"),
    ):
        kind = getattr(sys.modules.get(module), name, None)
        if kind is not None:
            kinds.append(kind)
    return isinstance(error, tuple(kinds))


if __name__ == "__main__":
    sys.exit(main())
