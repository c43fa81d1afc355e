"""A PostgreSQL behind a network, in a namespace of its own, and any of our processes cut from it.

    with Away(folder) as away:
        with Floor(folder, environ=away.environ) as floor:
            with away.cut(pids):     # all their packets to the database are dropped, of old connections and new ones
                ...

A cut is what a pulled cable is: no reset, no goodbye. Needs root, `ip` and `iptables`; the namespace, the rules and the
server go with the block.
"""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

import psycopg

from civicline import settings as settings_module
from civicline.database.layout import layout
from civicline.database.urls import urls
from peers.ports import eventually

IP, IPTABLES = "/usr/sbin/ip", "/usr/sbin/iptables"
PORT = 5432
LOOK_S = 0.02
"""How often the processes are looked at: one that was started again is cut as well."""
SERVER = """
import ctypes, sys
ctypes.CDLL(None).prctl(1, 15)  # stop when the tests are killed
from civicline import settings
from civicline.database import cluster, config
address = sys.argv[1]
config.ALWAYS["listen_addresses"] = address
config.HBA += f"host all all {address}/30 scram-sha-256\\n"
sys.exit(cluster.run(settings.load()))
"""


def can_cut() -> bool:
    return os.geteuid() == 0 and os.path.exists(IP) and os.path.exists(IPTABLES) and _unified() is not None


class Away:
    def __init__(self, folder: Path) -> None:
        self._name = f"civicline-{os.getpid()}"
        self._link = f"cv{os.getpid()}"
        net = f"10.{random.randrange(200, 250)}.{random.randrange(256)}"
        self._here, self.address = f"{net}.1", f"{net}.2"
        self._data = folder / "away"
        self._log = folder / "away.log"
        self._group = _unified()
        self.environ: dict[str, str] = {}
        """How the other processes reach it."""

    def __enter__(self) -> Away:
        with contextlib.ExitStack() as stack:
            stack.callback(self._take_down)
            self._set_up()
            self._data.mkdir(mode=0o700)
            own = {**os.environ, "CIVICLINE_DATA": str(self._data)}
            command = [IP, "netns", "exec", self._name, sys.executable, "-c", SERVER, self.address]
            with self._log.open("ab") as log:
                self._server = subprocess.Popen(command, env=own, stderr=log)
            stack.callback(self._stop)
            eventually(lambda: self._answers(own), 60, "the database behind the network")
            found = urls(settings_module.load(own))
            self.environ = {
                "CIVICLINE_DATABASE_URL": self._through(found.app),
                "CIVICLINE_DATABASE_OWNER_URL": self._through(found.owner),
            }
            stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        self._take_down()

    @contextlib.contextmanager
    def cut(self, pids: Callable[[], set[int]]) -> Iterator[None]:
        """Nothing goes between those processes and the database until the block ends."""
        assert self._group is not None
        group = self._group / f"{self._name}-cut"
        group.mkdir(exist_ok=True)
        over, began = threading.Event(), threading.Event()
        dropped: set[int] = set()

        def hold() -> None:
            while not over.is_set():
                for pid in pids():
                    with contextlib.suppress(OSError):
                        (group / "cgroup.procs").write_text(str(pid))
                for port in _ports(pids(), self.address) - dropped:
                    self._rules("-I", port)
                    dropped.add(port)
                began.set()
                over.wait(LOOK_S)

        new = ("OUTPUT", "-p", "tcp", "-d", self.address, "-m", "cgroup", "--path", group.name, "-j", "DROP")
        _run(IPTABLES, "-w", "-I", *new)
        holder = threading.Thread(target=hold, daemon=True)
        holder.start()
        try:
            began.wait(10)
            yield
        finally:
            over.set()
            holder.join()
            for port in dropped:
                self._rules("-D", port)
            _run(IPTABLES, "-w", "-D", *new)
            for pid in (group / "cgroup.procs").read_text().split():
                with contextlib.suppress(OSError):
                    (self._group / "cgroup.procs").write_text(pid)
            with contextlib.suppress(OSError):
                group.rmdir()

    def _rules(self, how: str, port: int) -> None:
        """`how`: -I or -D. Both ways of one connection, by our port."""
        out = ("OUTPUT", "-p", "tcp", "-d", self.address, "--sport", str(port), "-j", "DROP")
        back = ("INPUT", "-p", "tcp", "-s", self.address, "--dport", str(port), "-j", "DROP")
        for each in (out, back):
            _run(IPTABLES, "-w", how, *each)

    def _set_up(self) -> None:
        _run(IP, "netns", "add", self._name)
        _run(IP, "link", "add", self._link, "type", "veth", "peer", "name", "db", "netns", self._name)
        _run(IP, "addr", "add", f"{self._here}/30", "dev", self._link)
        _run(IP, "link", "set", self._link, "up")
        for words in (("addr", "add", f"{self.address}/30", "dev", "db"), ("link", "set", "db", "up")):
            _run(IP, "-n", self._name, *words)

    def _take_down(self) -> None:
        for words in (("link", "del", self._link), ("netns", "del", self._name)):
            subprocess.run([IP, *words], capture_output=True, check=False)

    def _stop(self) -> None:
        self._server.terminate()
        self._server.wait(60)

    def _answers(self, own: dict[str, str]) -> bool:
        assert self._server.poll() is None, self._log.read_text()
        found = settings_module.load(own)
        if not layout(found).passwords.exists():
            return False
        try:
            psycopg.connect(self._through(urls(found).app), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _through(self, url: str) -> str:
        parts = urlsplit(url)
        return f"postgresql://{parts.username}:{parts.password}@{self.address}:{PORT}{parts.path}"


def family(pid: int) -> set[int]:
    """That process and all that it started."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(stat.read_text().rsplit(")", 1)[1].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found, todo = set(), [pid]
    while todo:
        each = todo.pop()
        found.add(each)
        todo += children.get(each, [])
    return found


def _unified() -> Path | None:
    """Where cgroup v2 is mounted."""
    for line in Path("/proc/mounts").read_text().splitlines():
        if line.split()[2] == "cgroup2":
            return Path(line.split()[1])
    return None


def _ports(pids: set[int], address: str) -> set[int]:
    """Of ours, those that these processes have open to the database (proc(5), /proc/net/tcp)."""
    sockets = set()
    for pid in pids:
        with contextlib.suppress(OSError):
            for each in os.scandir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    sockets.add(os.readlink(each.path))
    far = "".join(f"{int(part):02X}" for part in reversed(address.split("."))) + f":{PORT:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {int(row[1].split(":")[1], 16) for row in rows if row[2] == far and f"socket:[{row[9]}]" in sockets}


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
