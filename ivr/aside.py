"""Settings of what is done beside the calls: who does the jobs, where recordings are kept."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote, urlsplit

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
NOTICES: Final = ("message", "overdue", "emergency", "nobody", "spool", "job")
SECRET: Final = 32  # Characters that a secret has at least which signs.
YEAR: Final = 365
LOGS: Final = 180  # Days that a network's logs are kept at least, by the Cybersecurity Law.
# In this order: what is recorded goes before the calls that it belongs to.
DAYS: Final[Mapping[str, int]] = {
    "transcripts": YEAR,
    "messages": YEAR,
    "talks": 3 * YEAR,
    "texts": YEAR,
    "calls": 3 * YEAR,
    "cases": 3 * YEAR,
    "notices": LOGS,
    "blocks": LOGS,
}
DOERS: Final = ("inside", "apart")


class SettingsError(ValueError):
    """A setting is wrong; its text says which and what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """A bucket for recordings; without endpoint Amazon's, without key as the machine itself is known there."""

    name: str
    prefix: str
    endpoint: str
    region: str
    key: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told of what: a program at `url`, signed by a secret, of all; each mail address of its kinds."""

    url: str
    secret: str = field(repr=False)
    mails: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Aside:
    """Who does the jobs, each server (`inside`) or only the processes of `flask jobs` (`apart`); where recordings are.

    Such a process tells of its health at `port`, if there is one. Without a `bucket` recordings are in their folder.
    """

    jobs: str = "inside"
    port: int | None = None
    bucket: Place | None = None
    notices: Told | None = None
    days: Mapping[str, int] = field(default_factory=lambda: dict(DAYS))
    transcriber: tuple[str, str] | None = field(default=None, repr=False)  # Its address, and what lets us in.
    traces: tuple[str, Mapping[str, str]] | None = field(default=None, repr=False)  # Where they go, with which headers.


def aside(given: Mapping[str, str]) -> Aside:
    """Return these settings; raise SettingsError naming the one that is wrong."""
    return Aside(
        jobs=_doer(given.get("JOBS", DOERS[0])),
        port=_port(given.get("JOBS_PORT", "")),
        bucket=_bucket(given),
        notices=_told(given),
        days=_days(given),
        transcriber=_transcriber(given),
        traces=_traces(given),
    )


def _doer(text: str) -> str:
    if text not in DOERS:
        raise SettingsError(f"JOBS is {text!r}: give inside, or apart where `flask --app app jobs` runs beside")
    return text


def _port(text: str) -> int | None:
    if text and not (text.isascii() and text.isdigit() and 0 < int(text) < 65_536):
        raise SettingsError(f"JOBS_PORT is {text!r}: give a port like 8001, another than PORT")
    return int(text) if text else None


def _bucket(given: Mapping[str, str]) -> Place | None:
    if not (text := given.get("RECORDINGS_URL", "")):
        return None
    parts = urlsplit(text)
    if parts.scheme != "s3" or not parts.hostname or parts.username or parts.query:
        raise SettingsError(f"RECORDINGS_URL is {text!r}: give s3://bucket or s3://bucket/folder")
    endpoint = given.get("RECORDINGS_ENDPOINT", "")
    if endpoint and not safe(endpoint):
        raise SettingsError(f"RECORDINGS_ENDPOINT is {endpoint!r}: give an https address, as recordings travel there")
    key, secret = given.get("RECORDINGS_KEY", ""), given.get("RECORDINGS_SECRET", "")
    if bool(key) != bool(secret):
        raise SettingsError("RECORDINGS_KEY and RECORDINGS_SECRET belong together: set both or neither")
    prefix = f"{parts.path.strip('/')}/".removeprefix("/")
    return Place(parts.hostname, prefix, endpoint, given.get("RECORDINGS_REGION", "us-east-1"), key, secret)


def _told(given: Mapping[str, str]) -> Told | None:
    url, secret = given.get("NOTICE_URL", ""), given.get("NOTICE_SECRET", "")
    if bool(url) != bool(secret):
        raise SettingsError("NOTICE_URL and NOTICE_SECRET belong together: set both or neither")
    if url and not safe(url):
        raise SettingsError(f"NOTICE_URL is {url!r}: give an https address")
    if url and len(secret) < SECRET:
        raise SettingsError(f"NOTICE_SECRET is too short: give at least {SECRET} characters, by chance")
    mails = dict(_kinds(one.strip()) for one in given.get("NOTICE_TO", "").split(",") if one.strip())
    if mails and not given.get("MAIL_URL"):
        raise SettingsError("NOTICE_TO is set, but no mail server: set MAIL_URL, MAIL_FROM and MAIL_TO, too")
    return Told(url, secret, mails) if url or mails else None


def _kinds(text: str) -> tuple[str, tuple[str, ...]]:
    address, _, named = text.partition("=")
    kinds = tuple(named.split("+")) if named else NOTICES
    if not re.fullmatch(r"[^@\s,<>]+@[^@\s,<>]+", address):
        raise SettingsError(f"NOTICE_TO has {address!r}: give an address like boss@example.com")
    if wrong := [one for one in kinds if one not in NOTICES]:
        raise SettingsError(f"NOTICE_TO has {wrong[0]!r}: there are {', '.join(NOTICES)}")
    return address, kinds


def _transcriber(given: Mapping[str, str]) -> tuple[str, str] | None:
    if not (url := given.get("TRANSCRIBE_URL", "")):
        return None
    if not safe(url):
        raise SettingsError(f"TRANSCRIBE_URL is {url!r}: give an https address, as messages travel there")
    return url, given.get("TRANSCRIBE_TOKEN", "")


def _traces(given: Mapping[str, str]) -> tuple[str, Mapping[str, str]] | None:
    if not (url := given.get("OTEL_EXPORTER_OTLP_ENDPOINT", "")):
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(
            f"OTEL_EXPORTER_OTLP_ENDPOINT is {url!r}: give a collector's address, as http://localhost:4318"
        )
    headers = [one.partition("=") for one in given.get("OTEL_EXPORTER_OTLP_HEADERS", "").split(",") if one.strip()]
    if any(not name.strip() or not is_ for name, is_, _ in headers):
        raise SettingsError("OTEL_EXPORTER_OTLP_HEADERS is no name=value, or several with commas between")
    return url, {name.strip().lower(): unquote(value.strip()) for name, _, value in headers}


def _days(given: Mapping[str, str]) -> dict[str, int]:
    """Return for how many days each kind of data is kept; what is kept for ever is not among them."""
    texts = {kind: given.get(f"RETAIN_{kind.upper()}_DAYS", str(days)) for kind, days in DAYS.items()}
    for kind, text in texts.items():
        if text != "forever" and not (text.isascii() and text.isdigit() and 0 < int(text) < 36_500):
            raise SettingsError(f"RETAIN_{kind.upper()}_DAYS is {text!r}: give a number of days, or forever")
    return {kind: int(text) for kind, text in texts.items() if text != "forever"}


def safe(address: str) -> bool:
    """Return whether it is an https address, or one of this machine."""
    parts = urlsplit(address)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK))


def watching(given: Mapping[str, str]) -> dict[str, Any]:
    """Return who may read the figures, how lines are logged, and how many proxies say who asks; raise SettingsError."""
    form, proxies = given.get("LOG_FORMAT", "plain"), given.get("TRUSTED_PROXIES", "0")
    if form not in ("plain", "json"):
        raise SettingsError(f"LOG_FORMAT is {form!r}: give plain or json")
    if not re.fullmatch(r"[0-9]", proxies):
        raise SettingsError(f"TRUSTED_PROXIES is {proxies!r}: give how many proxies of yours stand in front, such as 1")
    return {"metrics_token": given.get("METRICS_TOKEN", ""), "log_format": form, "proxies": int(proxies)}


def spending(given: Mapping[str, str]) -> dict[str, Any]:
    """Return how many call backs and texts a day are paid for at most; raise SettingsError."""
    found = {name: given.get(name, most) for name, most in (("CALLBACKS_A_DAY", "1000"), ("TEXTS_A_DAY", "3000"))}
    for name, text in found.items():
        if not re.fullmatch(r"\d{1,9}", text):
            raise SettingsError(f"{name} is {text!r}: give a number like 1000")
    return {name.lower(): int(text) for name, text in found.items()}
