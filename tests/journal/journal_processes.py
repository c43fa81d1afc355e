"""Child processes for the journal's tests: each a Python program that gets the database in its environment."""

import subprocess
import sys
import time
from contextlib import contextmanager


def spawn(database, code, *args):
    head = (
        "import sys, threading, time, json, ctypes; ctypes.CDLL(None).prctl(1, 9)\n"
        "from civicline import settings; from civicline.database.urls import urls\n"
        "url = urls(settings.load()).app\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", head + code, *map(str, args)], env=database.environ, stdout=subprocess.PIPE, text=True
    )


@contextmanager
def running(*children):
    try:
        yield children
    finally:
        for child in children:
            child.kill()
            child.wait()
            child.stdout.close()


def until(condition, what, timeout_s=60.0):
    """Wait until `condition()` is true and give its value."""
    deadline = time.monotonic() + timeout_s
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {timeout_s:g} s: {what}"
        time.sleep(0.01)
    return value
