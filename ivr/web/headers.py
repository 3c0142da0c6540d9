"""The headers that every answer has, whoever gave it: pages, files, errors, and what the carrier is told."""

from collections.abc import Iterable
from typing import Any, Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from ivr.web import POLICY

PAGES: Final = ("/desk", "/phone")
NOTHING: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
NOWHERE: Final = "accelerometer camera display-capture geolocation gyroscope magnetometer midi payment serial usb"
ALLOWED: Final = ", ".join((*(f"{one}=()" for one in NOWHERE.split()), "microphone=(self)"))
ALWAYS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", ALLOWED),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
)
TLS: Final = ("Strict-Transport-Security", "max-age=31536000")


def told(tls: bool) -> list[tuple[str, str]]:
    """Return the headers of what is no page; `guarding` says what `tls` is."""
    return [*ALWAYS, *([TLS] if tls else []), ("Content-Security-Policy", NOTHING)]


def guarding(app: WSGIApplication, tls: bool) -> WSGIApplication:
    """Return an application whose answers have all of them, but for those that they have by themselves.

    With `tls`, browsers are to come by https alone for a year.
    """
    other = told(tls)
    page = [*other[:-1], ("Content-Security-Policy", POLICY)]

    def guarded(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        wanted = page if environ.get("PATH_INFO", "").startswith(PAGES) else other

        def begun(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            given = {name.lower() for name, _ in headers}
            return start(status, headers + [one for one in wanted if one[0].lower() not in given], *more)

        return app(environ, begun)

    return guarded
