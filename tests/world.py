"""A hotline in the world: the application behind real HTTP, a telephone company, a clock that calls move on."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import cycle
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask

from ivr.carrier.caller import Caller
from ivr.carrier.company import Carrier
from ivr.carrier.rehearsal import rehearsal
from ivr.carrier.rest import rest
from ivr.carrier.web import Send
from ivr.factory import create_app
from ivr.parts import Parts
from ivr.settings import PRACTICE_SENDER, PRACTICE_SERVICE, Settings
from tests.contract import faults
from tests.once import ready_file, ready_wallet
from tests.openapi import Log, recorded

# Below those that the system gives to whoever asks for any, above the last that browsers refuse to ask.
PORTS = range(10_081, 32_000)
WORKERS = 8
ROOT = Path(__file__).resolve().parents[1]
ZONE = ZoneInfo("Asia/Shanghai")
ACCOUNT = "AC" + "1" * 32
TOKEN = "a token of the tests"
WALLET_SECRET = "a secret of thirty-two letters and more"
NUMBER = "+864001234567"
CUSTOMER = "+8613800138000"
OPEN = datetime(2026, 11, 23, 10, 0, tzinfo=ZONE)  # a Monday
CLOSED = datetime(2026, 11, 22, 10, 0, tzinfo=ZONE)  # a Sunday


@dataclass
class World:
    """The application, the telephone company, and the time that passes for both."""

    app: Flask
    carrier: Carrier
    parts: Parts
    rest: Log

    def caller(self, number: str = CUSTOMER) -> Caller:
        """Dial the hotline."""
        return Caller(self.carrier, number, NUMBER)

    def wrong(self) -> list[str]:
        """Return all that was wrong: the company's faults, and documents and requests that break Twilio's contract."""
        found = [f"{fault.code} {fault.text} {fault.url}" for fault in self.carrier.log.faults]
        for asked in self.carrier.log.documents():
            if asked.status == 200 and asked.body:
                found += faults(asked.body.decode(), waiting=asked.context == "queue wait")
        return found + self.rest.faults()


def hotline_settings(
    folder: Path, port: int, database: str = "", menus: Path = ROOT / "menus", workspace: str = "", company: str = ""
) -> Settings:
    """Return settings for a hotline whose files are below `folder`, also its database where none is named.

    `company` is the URL of a wallet company; the demo wallet unless it is given.
    """
    shutil.copytree(ROOT / "recordings" / "music", folder / "recordings" / "music", dirs_exist_ok=True)
    file = folder / "hotline.db"
    if not database and not file.exists():
        file.write_bytes(ready_file())
    if not (wallet := folder / "wallet.db").exists():
        wallet.write_bytes(ready_wallet())
    return Settings(
        host="127.0.0.1",
        port=port,
        public_url=f"http://127.0.0.1:{port}",
        database_url=database or f"sqlite:///{file}",
        account=ACCOUNT,
        tokens=(TOKEN,),
        api_url=f"http://127.0.0.1:{port}",
        secrets=("a secret of the tests",),
        recordings=folder / "recordings",
        menus=menus,
        instance=folder,
        practice=False,
        workspace=workspace,
        sms_from=PRACTICE_SENDER,
        verify_service="" if company else PRACTICE_SERVICE,  # A company sends its codes itself.
        wallet_url=company,
        wallet_secret=WALLET_SECRET if company else "",
    )


@contextmanager
def world(
    folder: Path,
    at: datetime = OPEN,
    database: str = "",
    menus: Path = ROOT / "menus",
    send: Send | None = None,
    workspace: str = "",
    company: str = "",
) -> Iterator[World]:
    """Run a hotline and its telephone company from this moment on; its REST requests must keep Twilio's contract."""

    def make(port: int, now: Callable[[], datetime]) -> Flask:
        return create_app(hotline_settings(folder, port, database, menus, workspace, company), now)

    with rehearsal(make, at, ACCOUNT, TOKEN, NUMBER) as (app, carrier):
        carrier.send = send or carrier.send
        app.register_blueprint(rest(carrier))
        parts: Parts = app.extensions["hotline"]
        log = recorded(app)
        yield World(app, carrier, parts, log)
        parts.close()
        wrong = log.faults()
        assert not wrong, wrong


def free_port() -> int:
    """Return a port that nobody has, nor gets from here soon: a server that is killed finds it free again."""
    for port in _ports():
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("there is always a next one")


@cache
def _ports() -> Iterator[int]:
    """Return this worker's own ports, again and again, from one on by which few others begin."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    own = PORTS[worker % WORKERS :: WORKERS]
    begin = os.getpid() * 7 % len(own)
    return cycle([*own[begin:], *own[:begin]])
