"""How long the certificate lasts by which the carrier believes us."""

import socket
import ssl
from contextlib import closing
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

import structlog

SECONDS: Final = 2.0
LEAST: Final = 14  # Days that it should last.
log = structlog.get_logger()


def end(url: str) -> datetime:
    """Return when the certificate of an https address ends; raise ssl.SSLError where nobody believes it, OSError."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    with (
        socket.create_connection((host, parts.port or 443), SECONDS) as plain,
        closing(ssl.create_default_context().wrap_socket(plain, server_hostname=host)) as made,
    ):
        told = made.getpeercert() or {}
    return parsedate_to_datetime(_dated(str(told["notAfter"])))


def days_left(url: str, now: datetime) -> float | None:
    """Return for how many days others believe who is at an https address, 0 where they do not; None for nobody there.

    Say so in the log where these are few.
    """
    try:
        days = max(0.0, (end(url) - now).total_seconds() / 86_400)
    except ssl.SSLError as error:
        log.error("nobody believes our certificate", url=url, why=getattr(error, "verify_message", "") or error.reason)
        return 0.0
    except OSError as error:
        log.warning("our certificate could not be looked at", url=url, why=type(error).__name__)
        return None
    if days < LEAST:
        log.warning("our certificate ends soon", url=url, days=f"{days:.1f}")
    return days


def _dated(text: str) -> str:
    """Return a certificate's date as mail writes dates."""
    month, day, at, year, _ = text.split()
    return f"{day} {month} {year} {at} +0000"
