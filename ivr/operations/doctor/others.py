"""Whom we ask or write to: the wallet company, the mail server, who is told notices, transcribes, collects traces."""

from collections.abc import Iterator
from time import perf_counter
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

import requests

from ivr.flow.inputs import NotFound
from ivr.flow.waits import Lookup
from ivr.jobs.post import Post, PostError
from ivr.operations.doctor.finding import Finding, warning, well, wrong
from ivr.operations.doctor.patient import Patient
from ivr.traces import NOT_INSTALLED, PATH, installed
from ivr.wallets.http import Http
from ivr.wallets.http.trial import refused

SLOW: Final = 1.0
PATIENCE: Final = 2.0
ASKED: Final = Lookup("ours", (("suspect", "95588"),))  # Which tells nobody's business and does nothing.


def wallet(patient: Patient) -> Iterator[Finding]:
    """Yield whether the wallet company answers, believes us, and how soon."""
    found = patient.found
    if not found.wallet_url:
        if patient.live:
            yield warning("wallet", "the demo wallet answers real callers", "set WALLET_URL and WALLET_SECRET")
        return
    if refused(found.wallet_url, found.wallet_secret, ASKED, patient.now()):
        do = "let WALLET_SECRET be the one that the wallet company checks by; its clock and ours must agree, too"
        yield wrong("wallet", f"{found.wallet_url} does not believe our signature", do)
        return
    made, begun = Http(found.wallet_url, found.wallet_secret, patient.now), perf_counter()
    try:
        answer = made.answer(ASKED, f"doctor-{uuid4().hex}")
    finally:
        made.close()
    seconds = perf_counter() - begun
    if isinstance(answer, NotFound):
        do = "see that WALLET_URL is right and its service runs; until then all matters end with a person"
        yield wrong("wallet", f"{found.wallet_url} gives no answer ({answer.why})", do)
    elif seconds > SLOW:
        words = f"it took {seconds:.1f} s to answer"
        yield warning("wallet", words, "callers wait that long at each question: ask its engineers")
    else:
        yield well("wallet", f"it answers ({seconds * 1000:.0f} ms)")


def mail(patient: Patient) -> Iterator[Finding]:
    """Yield whether the mail server lets us in."""
    if (given := patient.found.mail) is None:
        return
    try:
        Post(given.host, given.port, given.tls, given.user, given.password).greet()
    except PostError as error:
        yield wrong("mail", str(error), "correct MAIL_URL: its host, port, name and password")
    else:
        yield well("mail", f"{given.host}:{given.port} lets us in")


def notices(patient: Patient) -> Iterator[Finding]:
    """Yield whether the program is there that notices are told; it is told none."""
    if (given := patient.found.aside.notices) and given.url:
        yield _there("notices", "NOTICE_URL", given.url, "what it does not take within 24 hours nobody hears of")


def transcriber(patient: Patient) -> Iterator[Finding]:
    """Yield whether the service is there that writes messages down; it is sent none."""
    if given := patient.found.aside.transcriber:
        yield _there(
            "transcripts", "TRANSCRIBE_URL", given[0], "what it does not take within a day is only to be heard"
        )


def _there(about: str, setting: str, url: str, else_: str) -> Finding:
    """Return whether something answers there, as whoever really asks: without a proxy, and led nowhere else."""
    host = urlsplit(url).netloc.rpartition("@")[2]
    try:
        with requests.Session() as session:
            session.trust_env = False
            status = session.head(url, timeout=PATIENCE, allow_redirects=False).status_code
    except requests.RequestException as error:
        words = f"{host} is not reached ({type(error).__name__})"
        return wrong(about, words, f"correct {setting}, or start what answers there: {else_}")
    if 300 <= status < 400:
        return wrong(about, f"{host} leads on ({status})", f"set {setting} to where it leads: nothing of ours goes on")
    if status >= 500 and status != 501:  # It may know no HEAD.
        return warning(about, f"{host} answers {status}", f"ask its engineers: {else_}")
    return well(about, f"{host} is there")


def traces(patient: Patient) -> Iterator[Finding]:
    """Yield whether traces can be sent, and are taken; calls go on without."""
    if (given := patient.found.aside.traces) is None:
        return
    if not installed():
        yield wrong("traces", NOT_INSTALLED, "install it, or take the setting away: nothing starts so")
        return
    url, headers = given
    kind = {"Content-Type": "application/x-protobuf"}  # Nothing in it is a message, too: of no traces.
    try:
        status = requests.post(url.rstrip("/") + PATH, b"", headers={**headers, **kind}, timeout=PATIENCE).status_code
    except requests.RequestException as error:
        words = f"{url} does not answer ({type(error).__name__})"
        yield warning("traces", words, "see that OTEL_EXPORTER_OTLP_ENDPOINT is right and a collector runs there")
        return
    if status >= 400:
        do = "see that it takes OTLP over HTTP, and that OTEL_EXPORTER_OTLP_HEADERS let us in"
        yield warning("traces", f"{url} refuses them ({status})", do)
    else:
        yield well("traces", f"{url} takes them")
