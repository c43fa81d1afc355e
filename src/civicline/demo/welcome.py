"""What `civicline demo` prints for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from civicline.demo.sign_ins import SignIns, folder
from civicline.settings import Settings

SUPERVISOR, ADMINISTRATOR = "sam.whitaker", "ada.winters"


def text(settings: Settings, known: SignIns, visitor: str, made_keyset: bool) -> str:
    at = f"http://{settings.http}"
    keyset = [
        "",
        f"A keyset was made at {settings.keyset}. It protects what is personal;",
        "in production it lies on another disk or in a key service, with a copy in a safe.",
    ]
    return "\n".join([
        "",
        "Civicline runs. People are calling.",
        "",
        f"  {at}/         what the public sees",
        f"  {at}/floor/   the floor: sign in as {SUPERVISOR}",
        f"  {at}/desk/    a desk: sign in as {visitor}, who is you",
        f"  password for both: {known.web}",
        "",
        f"To take calls, register a softphone as {visitor} and press Start work, then Available, at the desk:",
        f"  server    {settings.sip} (UDP)",
        f"  user      {visitor}",
        f"  password  {known.sip[visitor]}",
        "Step by step: docs/tutorial/first-call.md",
        "",
        f"Data: {settings.data} (sign-ins: {folder(settings)}, logs: {settings.data / 'log'})",
        *(keyset if made_keyset else []),
        "",
        "Stop with Ctrl-C.",
        "",
    ])  # fmt: skip


def line(now: Mapping[str, int]) -> str:
    return (
        f"calls {now['calls']}, answered {now['answered']}, waiting {now['waiting']}, talking {now['talking']},"
        f" asked to be called back {now['accepted']}, reconnected {now['reconnected']}"
    )


def summary(result: Mapping[str, Any]) -> str:
    said, heard = result["journal"], result["callers"]
    return "\n".join([
        f"{said['placed']} calls: {said['answered']} answered, {said['abandoned_in_menu']} left in the menu,"
        f" {said['abandoned_in_line']} left the line, {said['turned_away']} turned away,"
        f" {said['unfinished']} unfinished",
        f"callbacks: {said['offered']} offered, {said['accepted']} accepted, {said['reconnected']} reconnected,"
        f" {said['missed']} missed, {said['still_promised']} still to be called",
        f"average speed of answer: {said['average_speed_of_answer_s']} s",
        f"{heard['heard_representative']} callers heard a representative,"
        f" {result['representatives']['heard_caller']} representatives' calls heard a caller",
    ])  # fmt: skip
