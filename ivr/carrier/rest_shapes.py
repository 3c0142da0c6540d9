"""What Twilio's REST answers look like: errors, lists with pages, dates, and how parameters are read."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from flask import Response, request

from ivr.carrier.parameters import API_VERSION, rfc2822
from ivr.carrier.signals import Request

Shape = dict[str, object]
View = Callable[..., Response]
Routes = list[tuple[str, str, View]]
MOST_A_PAGE = 1000


class Refused(Exception):  # noqa: N818
    """A request that is refused with an HTTP status and Twilio's number."""

    def __init__(self, status: int, code: int, text: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{code}: {text}")
        self.status, self.code, self.text, self.headers = status, code, text, headers or {}


def missing(what: str) -> Refused:
    """The refusal of a resource that does not exist."""
    return Refused(404, 20404, f"The requested resource {what} was not found")


def answer(shape: Shape, status: int = 200) -> Response:
    """A resource as JSON."""
    return Response(json.dumps(shape), status, content_type="application/json")


def gone() -> Response:
    """The answer to a DELETE."""
    return Response(status=204)


def page(key: str, shapes: Sequence[Shape]) -> Response:
    """One page of a list, with the addresses of its neighbours; `PageSize` (50) and `Page` (0) come from the query."""
    size = min(int_of(request.args.get("PageSize"), 50, 20001) or 50, MOST_A_PAGE)
    number = int_of(request.args.get("Page"), 0, 20001)
    start = number * size
    part = list(shapes[start : start + size])

    def uri(to: int) -> str:
        query = [(name, value) for name, value in request.args.items(multi=True) if name not in ("Page", "PageSize")]
        return f"{request.path}?{urlencode([*query, ('PageSize', str(size)), ('Page', str(to))])}"

    return answer(
        {
            key: part,
            "page": number,
            "page_size": size,
            "start": start,
            "end": start + max(0, len(part) - 1),
            "uri": uri(number),
            "first_page_uri": uri(0),
            "next_page_uri": uri(number + 1) if start + size < len(shapes) else None,
            "previous_page_uri": uri(number - 1) if number else None,
        }
    )


def int_of(text: str | None, default: int, code: int) -> int:
    """A whole number of a parameter. Raises Refused 400 with `code`."""
    if text is None or text == "":
        return default
    if not re.fullmatch(r"\d{1,9}", text):
        raise Refused(400, code, f"{text} is no whole number")
    return int(text)


def flag_of(name: str, default: bool) -> bool:
    """A true or false parameter of the form, in any case of letters. Raises Refused 400 20001."""
    text = request.form.get(name, str(default)).lower()
    if text not in ("true", "false"):
        raise Refused(400, 20001, f"{name} must be true or false")
    return text == "true"


def method_of(name: str) -> str:
    """GET or POST (the default) of a parameter. Raises Refused 400 21209."""
    text = request.form.get(name, "POST").upper()
    if text not in ("GET", "POST"):
        raise Refused(400, 21209, f"{name} must be GET or POST")
    return text


def request_of(name: str, method: str) -> Request | None:
    """The URL of a parameter with its method; None when it was not given. Raises Refused 400 21205."""
    url = request.form.get(name, "")
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused(400, 21205, f"{name} is not a valid URL: {url}")
    return Request(url, method_of(method))


def date(moment: datetime | None) -> str | None:
    """A date as Twilio writes it."""
    return None if moment is None else rfc2822(moment)


def path_of(account: str, *parts: str) -> str:
    """A resource's address below the host."""
    return "/".join((f"/{API_VERSION}/Accounts", account, *parts))
