"""`civicline demo`: everything, with the demonstration agency and callers."""

from __future__ import annotations

import argparse
import importlib
from typing import Any

from civicline.commands.errors import UsageError
from civicline.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Stops on Ctrl-C.\nExample: civicline demo"
    module = _module()
    if module is not None and hasattr(module, "configure"):
        module.configure(parser)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """`civicline.demo.process.run(settings, args)`; it may call `civicline.supervisor.start.up` with its own hook."""
    module = _module()
    if module is None:
        raise UsageError("this installation has no demonstration: run `civicline up --agency PATH`")
    code: int = module.run(settings, args)
    return code


def _module() -> Any:
    try:
        return importlib.import_module("civicline.demo.process")
    except ModuleNotFoundError as error:
        if error.name not in ("civicline.demo", "civicline.demo.process"):
            raise
        return None
