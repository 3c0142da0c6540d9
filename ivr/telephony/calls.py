"""What the carrier tells with a request, read once and fast: calls wait for it."""

from collections.abc import Callable, Mapping
from string import ascii_letters, digits
from typing import Any, Final, NoReturn, cast

from flask import Flask, Request, Response, abort, request
from pydantic_core import Url
from werkzeug.routing import MapAdapter
from werkzeug.utils import cached_property

from ivr.replies import Caller

TRIED: Final = "hotline.tried"  # Why a turn was already tried in vain, in the environment of its request.
FORM: Final = "application/x-www-form-urlencoded"
ENCODED: Final = f"{ascii_letters}{digits}%&=+*._~-".encode()  # What may stand in an encoded form: all else is encoded.


class Told(dict[str, str]):
    """What the carrier told, by field; a field that it must tell and does not is its mistake."""

    def __missing__(self, name: str) -> NoReturn:
        """Refuse the request."""
        abort(400, f"{name} is missing")


def fields(body: bytes) -> list[tuple[str, str]] | None:
    """Return the fields of an encoded form; None for what is written in another way, or not at all."""
    if not body or body.translate(None, ENCODED):
        return None
    # A form is written as a URL's query is; this library reads a hundred fields in the time Python reads ten.
    return Url("http://form/?" + body.decode()).query_params()


class Asked(Request):
    """A request to the hotline."""

    @cached_property
    def fields(self) -> list[tuple[str, str]]:
        """Every field of the form with its value, in the order in which they were sent; a field may be there twice."""
        body = self.get_data() if self.environ.get("CONTENT_TYPE", "").startswith(FORM) else b""
        if (found := fields(body)) is None:
            return list(self.form.items(multi=True))
        return found

    @cached_property
    def told(self) -> Told:
        """Every field of the form with its first value."""
        return Told(reversed(self.fields))


class Calls(Flask):
    """A Flask application whose requests are `Asked`, and none of whose views is a coroutine."""

    request_class = Asked

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Look for the path alone, as none of our routes asks for a host: it is no host's name that lets anybody in."""
        if request is None:
            return super().create_url_adapter(None)
        asked, paths = request.environ, self.url_map
        query, scheme = asked.get("QUERY_STRING", ""), asked["wsgi.url_scheme"]
        place = (request.script_root, paths.default_subdomain, scheme, request.path, request.method, query)
        return MapAdapter(paths, asked.get("HTTP_HOST", ""), *place)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the view as it is: to look whether it is a coroutine costs more than to find it."""
        return func


def asked() -> Asked:
    """Return the request in hand; Flask's `request` would look for it anew at each word."""
    return cast("Asked", request._get_current_object())  # type: ignore[attr-defined]


def told() -> Told:
    """Return what the carrier told with the request in hand."""
    return asked().told


def untried() -> None:
    """Raise why the request in hand was already tried in vain, where it was: nobody is to wait for that twice."""
    if tried := asked().environ.get(TRIED):
        raise tried


def path() -> str:
    """Return what is asked by the request in hand, below `/voice/`."""
    return asked().path.removeprefix("/voice/")


def caller(form: Mapping[str, str] | None = None) -> Caller:
    """Return who rings, and whom, as this form says, or that of the request in hand."""
    form = told() if form is None else form
    return Caller(form.get("From", "")[:80], form.get("To", "")[:80])


def language() -> str:
    """Return the language that the caller heard when we told the carrier what to ask."""
    return asked().args.get("language", "")


def xml(document: str) -> Response:
    """Return a document as the carrier wants it."""
    return Response(document, mimetype="text/xml")
