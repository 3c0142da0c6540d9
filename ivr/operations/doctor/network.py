"""Our address: whether somebody listens, whether its certificate lasts, and whether what the carrier signs arrives."""

import socket
import ssl
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from ivr.operations.doctor.finding import Finding, warning, well, wrong
from ivr.operations.doctor.patient import Patient
from ivr.telephony.certificate import LEAST, end
from ivr.telephony.round_trip import Trip, trip

ABOUT: Final = "PUBLIC_URL"
SECONDS: Final = 2.0
SLOW: Final = 1.0  # Seconds; people on the phone notice.
ELSE: Final = "something else answers there: lead the proxy to the hotline"


def running(patient: Patient) -> Iterator[Finding]:
    """Yield whether anything listens where the hotline does."""
    host, port = patient.found.host, patient.found.port
    here = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # nosec B104: who listens everywhere is asked here.
    try:
        socket.create_connection((here, port), SECONDS).close()
    except OSError:
        words = f"nothing listens on {host}:{port}"
        yield warning("server", words, "start it: `python app.py`, or its service; correct HOST and PORT if it runs")
    else:
        yield well("server", f"something listens on {host}:{port}")


def certificate(patient: Patient) -> Iterator[Finding]:
    """Yield whether the address has a name that leads somewhere, and a certificate that others believe."""
    parts = urlsplit(patient.found.public_url)
    if parts.scheme != "https" or not patient.addressed:
        return
    try:
        addresses = {str(one[4][0]) for one in socket.getaddrinfo(parts.hostname, parts.port or 443)}
    except OSError:
        do = "correct PUBLIC_URL, or enter the name into DNS"
        yield wrong(ABOUT, f"{parts.hostname} is no name that leads anywhere", do)
        return
    if patient.live and patient.found.api_url.startswith("https") and not any(_public(one) for one in addresses):
        words = f"{parts.hostname} leads to {', '.join(sorted(addresses))}, which nobody outside can reach"
        yield warning(ABOUT, words, "give Twilio an address in the internet, unless the name leads elsewhere outside")
    yield from _certificate(patient, parts)


def _public(address: str) -> bool:
    return ip_address(address.partition("%")[0]).is_global


def _certificate(patient: Patient, parts: SplitResult) -> Iterator[Finding]:
    try:
        days = (end(patient.found.public_url) - patient.now()).days
    except ssl.SSLCertVerificationError as error:
        do = "renew it, with its whole chain and for this name: Twilio calls nobody whom it does not believe (11237)"
        yield wrong("TLS", f"nobody believes the certificate of {parts.netloc}: {error.verify_message}", do)
    except ssl.SSLError as error:
        words = f"{parts.netloc} does not speak TLS: {error.reason or error}"
        yield wrong("TLS", words, "have the proxy serve https there")
    except OSError:
        return  # That nobody answers there is told by the round trip.
    else:
        yield _lasting(parts.netloc, days)


def _lasting(host: str, days: int) -> Finding:
    if days < LEAST:
        do = "renew it, and see why nothing does so by itself"
        return warning("TLS", f"the certificate of {host} ends in {days} days", do)
    return well("TLS", f"the certificate of {host} lasts {days} days more")


def arrival(patient: Patient) -> Iterator[Finding]:
    """Yield whether a request that is signed as the carrier does arrives at this hotline, and no other does."""
    if not patient.addressed:
        return
    found, level = patient.found, wrong if patient.live else warning
    made = trip(found.public_url, found.tokens[0], found.account)
    if (told := _fault(made)) is not None:
        yield level(ABOUT, *told)
    elif made.seconds > SLOW:
        words = f"{found.public_url} took {made.seconds:.1f} s to answer, which callers hear as silence"
        yield warning(ABOUT, words, "look at the proxy, the machine's load, and `hotline_turn_seconds` in /metrics")
    else:
        words = f"what Twilio signs for {found.public_url} arrives ({made.seconds * 1000:.0f} ms)"
        yield well(ABOUT, f"{words}, other requests are refused")
    if found.https and not found.proxies:
        words = "TLS ends at a proxy, whose address everybody seems to have: nobody is stopped by address"
        yield warning("TRUSTED_PROXIES", words, "set it to 1, or to how many proxies of yours set X-Forwarded-For")
    if made.figures:
        do = "set METRICS_TOKEN, or keep /metrics from outside in the proxy"
        yield wrong("metrics", "anybody can read /metrics through your proxy", do)


def _fault(made: Trip) -> tuple[str, str] | None:
    """Return what is wrong with how our address answers, and what to do."""
    match made.signed:
        case 0:
            return (
                f"nobody answers at {made.url} ({made.why})",
                "start the hotline and its proxy; open the firewall",
            )
        case 204:
            other = f"{made.url} takes what nobody signed ({made.unsigned})"
            return None if made.unsigned == 403 else (other, ELSE)
        case 403:
            return _refused(made)
        case 404 | 405:
            do = "have the proxy hand on whole paths to HOST:PORT, nothing cut off or put before"
            return f"{made.url} is not the hotline ({made.signed})", do
        case 301 | 302 | 303 | 307 | 308:
            do = "set PUBLIC_URL to where it leads: signed requests do not survive that"
            return f"{made.url} leads on to {made.location}", do
        case 502 | 503 | 504:
            do = "start the hotline, and correct where the proxy leads"
            return f"the proxy at {made.url} does not reach the hotline ({made.signed})", do
        case status:
            return f"{made.url} answers {status}, as the hotline does not", ELSE


def _refused(made: Trip) -> tuple[str, str]:
    if made.bare == 204:
        do = "have the proxy hand on the query as it is, letter by letter"
        return "the query is changed on the way, so that signatures are wrong", do
    if made.unsigned_there:
        return "the request arrives without its signature", "have the proxy hand on the header X-Twilio-Signature"
    if made.hotline:
        do = "let PUBLIC_URL and TWILIO_AUTH_TOKEN be those of the running hotline; the proxy must hand on whole paths"
        return f"the hotline at {made.url} refuses what is signed by these settings", do
    return f"{made.url} lets nobody in (403)", "have the proxy let POST to /voice through without a login"
