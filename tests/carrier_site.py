"""A small web site in memory that a practice carrier asks, for the carrier's own tests."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

from twilio.request_validator import RequestValidator

from ivr.carrier.caller import Caller, Heard
from ivr.carrier.clock import SimulatedClock
from ivr.carrier.company import Carrier
from ivr.carrier.web import Response

ACCOUNT = "AC" + "0" * 32
TOKEN = "practice-token"
HOTLINE = "+864001234567"
CUSTOMER = "+8613900000001"
AGENT = "+8613900000002"
ADDRESS = "http://hotline.example"
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
Form = dict[str, str]
Answer = str | Response | Exception | Callable[[Form], "str | Response"]


def twiml(verbs: str) -> Response:
    """The verbs as a document."""
    return Response(200, {"content-type": "text/xml"}, f"<Response>{verbs}</Response>".encode())


class Site:
    """Pages by path; a list of answers is given one after the other, its last for ever. Signatures are checked."""

    def __init__(self, pages: Mapping[str, Answer | list[Answer]]) -> None:
        self.pages: dict[str, Answer | list[Answer]] = {
            "/over": Response(204),
            "/callback": Response(204),
            **pages,
        }
        self.seen: list[tuple[str, str, Form, Mapping[str, str]]] = []
        self.patience: list[tuple[float, float]] = []

    def send(
        self,
        url: str,
        form: Sequence[tuple[str, str]] | None,
        headers: Mapping[str, str],
        timeout: tuple[float, float],
    ) -> Response:
        """Answer, as web.Send."""
        parts = urlsplit(url)
        assert RequestValidator(TOKEN).validate(url, dict(form or ()), headers["X-Twilio-Signature"])
        fields = dict(form if form is not None else parse_qsl(parts.query, keep_blank_values=True))
        self.seen.append(("GET" if form is None else "POST", parts.path, fields, headers))
        self.patience.append(timeout)
        page = self.pages.get(parts.path, Response(404, {"content-type": "text/html"}, b"none"))
        if isinstance(page, list):
            page = page.pop(0) if len(page) > 1 else page[0]
        if callable(page):
            page = page(fields)
        if isinstance(page, Exception):
            raise page
        return twiml(page) if isinstance(page, str) else page

    def asked(self, path: str) -> list[Form]:
        """The parameters of each request for a path."""
        return [fields for _, seen, fields, _ in self.seen if seen == path]

    def paths(self) -> list[str]:
        """The paths asked for, in order."""
        return [path for _, path, _, _ in self.seen]


def company(pages: Mapping[str, Answer | list[Answer]], fallback: bool = False) -> tuple[Carrier, Site]:
    """A carrier with one number, whose pages are /in, /fallback (if wanted) and /over."""
    site = Site(pages)
    carrier = Carrier(ACCOUNT, TOKEN, SimulatedClock(START), site.send)
    carrier.number(HOTLINE, f"{ADDRESS}/in", f"{ADDRESS}/fallback" if fallback else "", f"{ADDRESS}/over")
    return carrier, site


def call(
    pages: Mapping[str, Answer | list[Answer]], fallback: bool = False, extra: Form | None = None
) -> tuple[Caller, Site]:
    """A customer dials the number of a new carrier with these pages."""
    carrier, site = company(pages, fallback)
    return Caller(carrier, CUSTOMER, HOTLINE, extra), site


def texts(heard: list[Heard]) -> list[str]:
    """What was said."""
    return [one.text for one in heard]


def values(form: Form, *names: str) -> tuple[str | None, ...]:
    """Some parameters, None for those that were not sent."""
    return tuple(form.get(name) for name in names)
