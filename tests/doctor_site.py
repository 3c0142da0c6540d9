"""A hotline as it stands in the world: behind a TLS proxy, known to a carrier; and ways to break it."""

import os
import shutil
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import requests
import trustme
from flask import Flask
from twilio.request_validator import RequestValidator
from werkzeug.serving import make_server

from ivr.carrier.company import Carrier
from ivr.carrier.rehearsal import _Quiet, served
from ivr.carrier.rest import rest
from ivr.factory import create_app, utc_now
from ivr.listening import listening
from ivr.operations.doctor import findings
from ivr.operations.doctor.finding import Finding
from ivr.operations.doctor.given import forgiving
from ivr.parts import Parts
from ivr.telephony.render import RETRY_CALLBACK
from tests.openapi import Log, recorded
from tests.world import ACCOUNT, CUSTOMER, NUMBER, ROOT, TOKEN, free_port, hotline_settings

Wrapped = Callable[[WSGIApplication], WSGIApplication]
KEY = "a secret of the tests"


@dataclass
class Standing:
    """A hotline that runs: its folder and ports, its carrier, the proxy before it, and who vouches for that."""

    folder: Path
    port: int
    secure: int
    app: Flask
    carrier: Carrier
    authority: trustme.CA
    rest: Log
    proxy: Wrapped = field(default=lambda inner: inner)

    @property
    def url(self) -> str:
        """Return the public address."""
        return f"https://localhost:{self.secure}"

    @property
    def parts(self) -> Parts:
        """Return what stands behind it."""
        return self.app.extensions["hotline"]

    def answer(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer through the proxy, as it is now."""
        environ["HTTP_X_FORWARDED_FOR"] = "8.8.8.8"
        return self.proxy(self.app)(environ, start)


@dataclass
class Ward:
    """A hotline under examination: what its settings are, what is the time; each may be made wrong."""

    standing: Standing
    root: Path
    environment: dict[str, str]
    now: Callable[[], datetime] = utc_now
    stack: ExitStack = field(default_factory=ExitStack)

    @property
    def database(self) -> Path:
        """Return a copy of the database's file, which is the doctor's from now on."""
        copy = self.root / "copy.db"
        if not copy.exists():
            with self.standing.parts.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            shutil.copy(self.standing.folder / "hotline.db", copy)
        self.environment["DATABASE_URL"] = f"sqlite:///{copy}"
        return copy

    def menus(self, file: str, old: str, new: str, anew: bool = True) -> None:
        """Write other words into a file of the menus, which nobody has published yet; with a database that is new."""
        (self.root / "menus").unlink()
        shutil.copytree(ROOT / "menus", self.root / "menus")
        text = (self.root / "menus" / file).read_text("utf-8")
        assert old in text
        (self.root / "menus" / file).write_text(text.replace(old, new), "utf-8")
        if anew:
            self.environment["DATABASE_URL"] = f"sqlite:///{self.root}/new.db"

    def later(self, **by: float) -> None:
        """Let this machine's clock be wrong."""
        self.now = lambda: utc_now() + timedelta(**by)

    def examined(self) -> list[Finding]:
        """Return what the doctor finds."""
        return findings(forgiving(self.environment, self.root), self.root, self.now)


@contextmanager
def standing(folder: Path) -> Iterator[Standing]:
    """Run a hotline with one call in its database behind a proxy, whose certificate our authority vouches for."""
    port, secure = free_port(), free_port()
    settings = replace(hotline_settings(folder, port), public_url=f"https://localhost:{secure}")
    app, authority = create_app(settings, utc_now), trustme.CA()
    carrier = Carrier(ACCOUNT, TOKEN, utc_now, api_url=settings.api_url)
    app.register_blueprint(rest(carrier))
    made = Standing(folder, port, secure, app, carrier, authority, recorded(app))
    with served(app, port), tls(made, authority.issue_cert("localhost"), secure):
        ring(made)
        yield made
        made.parts.close()
    assert made.rest.faults() == []


@contextmanager
def tls(made: Standing, certificate: trustme.LeafCert, port: int) -> Iterator[None]:
    """Serve the proxy by this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    server = make_server("localhost", port, made.answer, threaded=True, request_handler=_Quiet, ssl_context=context)
    with listening(server):
        yield


def ring(made: Standing) -> None:
    """Have somebody ring, so that something sealed is in the database."""
    form = {"CallSid": "CA" + "3" * 32, "AccountSid": ACCOUNT, "From": CUSTOMER, "To": NUMBER}
    url = f"{made.url}/voice/incoming"
    signed = {"X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(url, form)}
    assert requests.post(f"http://127.0.0.1:{made.port}/voice/incoming", form, headers=signed, timeout=10).ok


@contextmanager
def ward(made: Standing, folder: Path) -> Iterator[Ward]:
    """Give what the doctor is to look at, all of it well: what was broken before is mended."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "menus").symlink_to(ROOT / "menus")
    (folder / ".env.example").symlink_to(ROOT / ".env.example")
    pem = folder / "authority.pem"
    made.authority.cert_pem.write_to_path(str(pem))
    environment = {
        "PORT": str(made.port),
        "PUBLIC_URL": made.url,
        "DATABASE_URL": f"sqlite:///{made.folder / 'hotline.db'}",
        "TWILIO_API_URL": f"http://127.0.0.1:{made.port}",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "SECRET_KEY": KEY,
        "RECORDINGS_DIR": str(made.folder / "recordings"),
    }
    made.proxy = lambda inner: inner
    made.carrier.numbers.clear()
    made.carrier.number(
        NUMBER, f"{made.url}/voice/incoming", f"{made.url}/voice/fallback", f"{made.url}/voice/status{RETRY_CALLBACK}"
    )
    before = os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = str(pem)
    here = Ward(made, folder, environment)
    try:
        with here.stack:
            yield here
    finally:
        os.environ.pop("SSL_CERT_FILE")
        if before is not None:
            os.environ["SSL_CERT_FILE"] = before


def answers(status: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Wrapped:
    """Return a proxy behind which is something else."""

    def wrap(_: WSGIApplication) -> WSGIApplication:
        def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start(status, [*(headers or {}).items(), ("Content-Length", str(len(body)))])
            return [body]

        return answer

    return wrap


def changes(name: str, change: Callable[[str], str]) -> Wrapped:
    """Return a proxy that changes something of each request."""

    def wrap(inner: WSGIApplication) -> WSGIApplication:
        def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            return inner({**environ, name: change(environ.get(name, ""))}, start)

        return answer

    return wrap


def without(name: str) -> Wrapped:
    """Return a proxy that keeps something of each request to itself."""

    def wrap(inner: WSGIApplication) -> WSGIApplication:
        def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            return inner({key: value for key, value in environ.items() if key != name}, start)

        return answer

    return wrap


def waits(seconds: float, times: int = 1000) -> Wrapped:
    """Return a proxy that takes so long, for so many requests."""
    left = iter(range(times))

    def wrap(inner: WSGIApplication) -> WSGIApplication:
        def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            if next(left, None) is not None:
                threading.Event().wait(seconds)
            return inner(environ, start)

        return answer

    return wrap


@contextmanager
def elsewhere(wrapped: Wrapped) -> Iterator[str]:
    """Give the address of something else, which answers so."""
    made = make_server("127.0.0.1", 0, wrapped(nobody), threaded=True, request_handler=_Quiet)
    with listening(made):
        yield f"http://127.0.0.1:{made.server_port}"


def nobody(_: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    """Answer that nothing is there."""
    start("404 Not Found", [("Content-Length", "0")])
    return []


@contextmanager
def silent() -> Iterator[int]:
    """Give a port on which somebody listens, and says nothing."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        made.listen()
        yield made.getsockname()[1]


def told(found: Iterable[Finding], level: str) -> set[str]:
    """Return what is found to be of a level."""
    return {one.about for one in found if one.level == level}


def line(found: Iterable[Finding]) -> str:
    """Return all that is to be done, for the table."""
    return " | ".join(f"{one.about}: {one.words}" for one in found if one.level != "well")
