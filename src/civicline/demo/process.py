"""`civicline demo`: everything under the supervisor, with made-up representatives and callers beside it."""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from civicline.agency import pack
from civicline.agency.trunks import Trunk
from civicline.commands.errors import UsageError
from civicline.demo import sign_ins, welcome
from civicline.demo.offers import PROMPT
from civicline.demo.routes import Route, routes, to_json
from civicline.demo.watch import CALLERS, READY, RESULT
from civicline.settings import Address, Settings
from civicline.supervisor.checks import port_problem
from civicline.supervisor.child import Child
from civicline.supervisor.keeper import Keeper, Refused
from civicline.supervisor.programs import Program
from civicline.supervisor.start import up

VISITOR = "amara.okafor"
CALLS_PER_MINUTE = 20.0
"""About forty representatives are half busy; what two cores carry beside the screens that people look at."""
WATCH_READY_S = 20.0
LOOPBACK = "127."
ANY_PORT = Address("127.0.0.1", 0)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--for", dest="seconds", type=float, metavar="SECONDS", help="stop by itself, with figures")
    parser.add_argument("--json", action="store_true", help="print nothing but the figures, as one JSON object")
    parser.add_argument("--calls-per-minute", type=float, default=CALLS_PER_MINUTE, metavar="N")
    parser.add_argument("--agency", type=Path, default=_pack_path(), metavar="PATH", help="the agency pack")
    parser.add_argument("--visitor", default=VISITOR, metavar="NAME", help="the representative who is left to you")
    parser.epilog = "Stops on Ctrl-C.\nExample: civicline demo --for 60 --json"


def _pack_path() -> Path:
    """In the checkout that we run from, or in the present folder."""
    own = Path(__file__).parents[3] / "agencies" / "demo"
    return own if own.is_dir() else Path("agencies/demo")


@dataclass
class Plan:
    settings: Settings
    seconds: float | None
    as_json: bool
    per_minute: float
    visitor: str
    users: list[str]
    routes: list[Route]
    makes_keyset: bool
    at: Address
    """Where callers can be rung: as the pack's carrier says, port 0 when none does."""
    offer: dict[str, str]
    """What is said to offer a callback, by language; nothing where nobody is rung."""


def run(settings: Settings, args: argparse.Namespace) -> int:
    demo = Demo(_plan(settings, args))
    with _words_to_stderr() if args.json else nullcontext():
        code = up(settings, args.agency, demo.begin)
    return code or demo.end()


@contextmanager
def _words_to_stderr() -> Iterator[None]:
    """Also what children say: standard output is for the figures alone."""
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _plan(settings: Settings, args: argparse.Namespace) -> Plan:
    if args.calls_per_minute <= 0:
        raise UsageError("--calls-per-minute must be more than 0")
    if args.json and args.seconds is None:
        raise UsageError("--json prints figures at the end: add --for SECONDS")
    read = pack.read(args.agency, datetime.now(UTC).date())
    agency = read.agency
    users = [staff.id for staff in agency.staff.values() if staff.role == "representative"]
    if args.visitor not in users:
        raise UsageError(f"--visitor {args.visitor}: name one of {', '.join(users)}")
    at = _callers_at(args.agency, read.trunks)
    found = routes(agency)
    if not found:
        raise UsageError(f"--agency {args.agency}: no line leads to a topic, so nobody would know what to press")
    return Plan(
        settings=settings,
        seconds=args.seconds,
        as_json=args.json,
        per_minute=args.calls_per_minute,
        visitor=args.visitor,
        users=[user for user in users if user != args.visitor],
        routes=found,
        makes_keyset=not settings.keyset.exists(),
        at=at,
        offer=agency.prompts.get(PROMPT, {}) if at.port else {},
    )


def _callers_at(path: Path, trunks: Sequence[Trunk]) -> Address:
    """The made-up callers are who is rung by the first carrier that calls out, when that is this machine. Else nobody
    can ring them, and they ask for no callback."""
    at = next((Address(*trunk.hosts[0]) for trunk in trunks if trunk.hosts), ANY_PORT)
    if not at.host.startswith(LOOPBACK):
        return ANY_PORT
    problem = port_problem(at, socket.SOCK_DGRAM)
    if problem:
        named = f"{path / 'trunks.yaml'}: hosts"
        raise UsageError(
            f"{at}, where the made-up callers are rung, {problem}: free it, or name another port ({named})"
        )
    return at


class Demo:
    """`begin` is the supervisor's hook: all is ready then."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._watch: Child | None = None

    def begin(self, keeper: Keeper) -> None:
        plan, folder = self._plan, sign_ins.folder(self._plan.settings)
        if keeper.once(_program("demo-accounts", "accounts")) != 0:
            raise Refused("the demonstration's passwords could not be set: see the lines above", 1)
        for old in ("callers.jsonl", CALLERS, "representatives.jsonl", READY, RESULT):
            (folder / old).unlink(missing_ok=True)
        until = None if plan.seconds is None else time.time() + plan.seconds + 2.0
        self._watch = Child(_program("demo-watch", "watch", *_watch_words(plan, until)))
        self._watch.start(None)
        keeper.wait_for((folder / READY).exists, "the demonstration's counter", WATCH_READY_S)
        keeper.start(_program("demo-representatives", "representatives", "--users", ",".join(plan.users), stage=4))
        keeper.start(_program("demo-callers", "callers", *_caller_words(plan, until), stage=5))
        if until is not None:
            threading.Thread(target=self._stop_after, daemon=True).start()

    def end(self) -> int:
        """After everything has stopped: print the figures; the exit code."""
        if self._watch is None:
            return 0 if self._plan.seconds is None else 1
        self._watch.send(signal.SIGTERM)
        self._watch.reap()
        path = sign_ins.folder(self._plan.settings) / RESULT
        if self._plan.seconds is None or not path.exists():
            return 0 if self._plan.seconds is None else 1
        result = json.loads(path.read_text())
        print(json.dumps(result, indent=1) if self._plan.as_json else welcome.summary(result))
        return 0 if good(result) else 1

    def _stop_after(self) -> None:
        assert self._watch is not None and self._watch.process is not None
        self._watch.process.wait()
        os.kill(os.getpid(), signal.SIGTERM)


def good(result: dict[str, Any]) -> bool:
    """Calls were answered, and both sides heard each other."""
    heard = result["callers"]["heard_representative"], result["representatives"]["heard_caller"]
    return result["journal"]["answered"] > 0 and all(heard)


def _watch_words(plan: Plan, until: float | None) -> list[str]:
    return [
        "--visitor", plan.visitor,
        *(["--until", str(until)] if until is not None else []),
        *(["--quiet"] if plan.as_json else []),
        *(["--made-keyset"] if plan.makes_keyset else []),
    ]  # fmt: skip


def _caller_words(plan: Plan, until: float | None) -> list[str]:
    return [
        "--server", str(plan.settings.sip),
        "--routes", json.dumps(to_json(plan.routes)),
        "--per-minute", str(plan.per_minute),
        "--folder", str(sign_ins.folder(plan.settings)),
        "--host", plan.at.host,
        "--port", str(plan.at.port),
        "--data", str(plan.settings.data),
        "--offer", json.dumps(plan.offer),
        *(["--until", str(until)] if until is not None else []),
    ]  # fmt: skip


def _program(name: str, module: str, *words: str, stage: int = 0) -> Program:
    return Program(name, (sys.executable, "-m", f"civicline.demo.{module}", *words), stage=stage)
