"""How long our certificate lasts is looked at each hour, by whoever does the jobs, and told as a figure."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from structlog.testing import capture_logs
from werkzeug.serving import make_server

from ivr.carrier.rehearsal import _Quiet
from ivr.errands import certifying
from ivr.factory import utc_now
from ivr.listening import listening
from ivr.tally import Tally
from ivr.telephony.certificate import days_left
from tests.doctor_site import nobody
from tests.world import OPEN, hotline_settings


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(autouse=True)
def believed(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))


@contextmanager
def serving(certificate: trustme.LeafCert | None) -> Iterator[str]:
    """Give the https address of somebody who shows this certificate, or speaks no TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if certificate else None
    if certificate and context:
        certificate.configure_cert(context)
    made = make_server("localhost", 0, nobody, threaded=True, request_handler=_Quiet, ssl_context=context)
    with listening(made):
        yield f"https://localhost:{made.server_port}/hotline"


def days(many: float) -> datetime:
    return utc_now() + timedelta(days=many)


CASES: dict[str, tuple[Callable[[trustme.CA], trustme.LeafCert | None], float, str]] = {
    "one that lasts": (lambda one: one.issue_cert("localhost", not_after=days(60)), 60, ""),
    "one that ends soon": (lambda one: one.issue_cert("localhost", not_after=days(9.5)), 9.5, "ends soon"),
    "one that ended": (
        lambda one: one.issue_cert("localhost", not_before=days(-9), not_after=days(-1)),
        0,
        "nobody believes",
    ),
    "one for another name": (lambda one: one.issue_cert("other.example"), 0, "nobody believes"),
    "one that nobody vouches for": (lambda _: trustme.CA().issue_cert("localhost"), 0, "nobody believes"),
    "none": (lambda _: None, 0, "nobody believes"),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_told_for_how_long_others_believe_it(name: str, authority: trustme.CA) -> None:
    made, lasts, words = CASES[name]
    with serving(made(authority)) as url, capture_logs() as logged:
        assert days_left(url, utc_now()) == pytest.approx(lasts, abs=0.01)
    said = [line["event"] for line in logged if "certificate" in line["event"]]
    assert len(said) == bool(words)
    assert all(words in line for line in said)


def test_where_nobody_is_nothing_is_known() -> None:
    assert days_left("https://localhost:9", utc_now()) is None


def test_whoever_does_the_jobs_looks_each_hour_where_we_have_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, tally, asked = [OPEN], Tally(), list[Any]()
    monkeypatch.setattr("ivr.errands.days_left", lambda url, at: asked.append((url, at)) or 7.5)
    practice = hotline_settings(tmp_path, 8000)
    assert certifying(practice, tally, lambda: now[0]) == ()
    live = replace(practice, public_url="https://hotline.example.com")
    (worker,) = certifying(live, tally, lambda: now[0])
    worker.look()
    assert tally.tls_days is None, "the proxy may be starting, too"
    for minutes in (1, 30, 31):
        now[0] += timedelta(minutes=minutes)
        worker.look()
    assert asked == [(live.public_url, OPEN + timedelta(minutes=one)) for one in (1, 62)]
    assert tally.tls_days == 7.5
