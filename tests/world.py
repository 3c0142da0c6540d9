"""A hotline in the world: the application behind real HTTP, a telephone company, a clock that calls move on."""

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from ivr.carrier.caller import Caller
from ivr.carrier.clock import SimulatedClock
from ivr.carrier.company import Carrier
from ivr.carrier.web import Send
from ivr.factory import create_app
from ivr.settings import Settings
from tests.contract import faults

ROOT = Path(__file__).resolve().parents[1]
ZONE = ZoneInfo("Asia/Shanghai")
ACCOUNT = "AC" + "1" * 32
TOKEN = "a token of the tests"
NUMBER = "+864001234567"
CUSTOMER = "+8613800138000"
OPEN = datetime(2026, 11, 23, 10, 0, tzinfo=ZONE)  # a Monday
CLOSED = datetime(2026, 11, 22, 10, 0, tzinfo=ZONE)  # a Sunday


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_: object) -> None:
        """Say nothing: the tests read the carrier's log."""


@dataclass
class World:
    """The application, the telephone company, and the time that passes for both."""

    app: Flask
    carrier: Carrier
    clock: SimulatedClock
    url: str
    settings: Settings

    def caller(self, number: str = CUSTOMER) -> Caller:
        """Dial the hotline."""
        return Caller(self.carrier, number, NUMBER)

    def wrong(self) -> list[str]:
        """Return all that was wrong in the run: the company's faults, and documents that break Twilio's contract."""
        found = [f"{fault.code} {fault.text} {fault.url}" for fault in self.carrier.log.faults]
        for asked in self.carrier.log.documents():
            if asked.status == 200 and asked.body:
                found += faults(asked.body.decode(), waiting=asked.context == "queue wait")
        return found


def hotline_settings(folder: Path, port: int, database: str = "", menus: Path = ROOT / "menus") -> Settings:
    """Return settings for a hotline whose files are below `folder`."""
    shutil.copytree(ROOT / "recordings" / "music", folder / "recordings" / "music", dirs_exist_ok=True)
    return Settings(
        host="127.0.0.1",
        port=port,
        public_url=f"http://127.0.0.1:{port}",
        database_url=database or f"sqlite:///{folder / 'hotline.db'}",
        account=ACCOUNT,
        tokens=(TOKEN,),
        api_url=f"http://127.0.0.1:{port}",
        secrets=("a secret of the tests",),
        recordings=folder / "recordings",
        menus=menus,
        instance=folder,
        practice=False,
    )


def free_port() -> int:
    """Return a port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def world(
    folder: Path,
    at: datetime = OPEN,
    database: str = "",
    menus: Path = ROOT / "menus",
    send: Send | None = None,
) -> Iterator[World]:
    """Run a hotline and its telephone company from this moment on."""
    clock = SimulatedClock(at.astimezone(UTC))
    settings = hotline_settings(folder, free_port(), database, menus)
    app = create_app(settings, clock)
    with served(app, settings.port):
        carrier = company(settings, clock, send)
        yield World(app, carrier, clock, settings.public_url, settings)
    app.extensions["hotline"].close()


def company(settings: Settings, clock: SimulatedClock, send: Send | None = None) -> Carrier:
    """Return a telephone company whose one number is the hotline's."""
    carrier = Carrier(settings.account, settings.tokens[0], clock, send=send, api_url=settings.api_url)
    base = f"{settings.public_url}/voice"
    carrier.number(NUMBER, f"{base}/incoming", f"{base}/fallback", f"{base}/status")
    return carrier


@contextmanager
def served(app: Flask, port: int) -> Iterator[None]:
    """Serve an application over real HTTP."""
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
