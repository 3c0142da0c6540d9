"""Holds requests to Twilio's REST, and the answers, against its published OpenAPI, which stands beside the checkout."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from flask import Flask, Response, request
from jsonschema import FormatChecker
from openapi_schema_validator import OAS30Validator, oas30_format_checker

from tests.contract import shared

FORM: Final = "application/x-www-form-urlencoded"
SPECS: Final = {
    "/2010-04-01/": "twilio_api_v2010",
    "/v1/Workspaces": "twilio_taskrouter_v1",
    "/v2/Services/": "twilio_verify_v2",
}
MEDIA: Final = re.compile(r"/2010-04-01/Accounts/AC[0-9a-f]{32}/Recordings/RE[0-9a-f]{32}(\.wav|\.mp3)?")
PHONE: Final = re.compile(r"\+[1-9]\d{1,14}")
# The contract lists the links below a resource in its examples only, and forgets that a running conference has no
# reason for its end, though its examples have none.
UNLISTED: Final = frozenset({"subresource_uris", "links"})
NULLABLE: Final = frozenset({"reason_conference_ended"})

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """A request to Twilio's REST, and how it was answered."""

    method: str
    path: str
    query: Pairs = ()
    form: Pairs = ()
    status: int = 0
    body: str = ""


@dataclass
class Log:
    """All requests that an application answered in Twilio's place."""

    sent: list[Sent] = field(default_factory=list)

    def faults(self) -> list[str]:
        """Return what is wrong with any of them, each named with its request."""
        return [f"{one.method} {one.path}: {words}" for one in list(self.sent) for words in faults(one)]


def recorded(app: Flask) -> Log:
    """Keep every request that an application answers in Twilio's place from now on."""
    log = Log()

    @app.after_request
    def keep(answer: Response) -> Response:
        if request.path.startswith(tuple(SPECS)):
            query = tuple(parse_qsl(request.query_string.decode(), keep_blank_values=True))
            body = answer.get_data(as_text=True) if answer.mimetype == "application/json" else ""
            form = tuple(request.form.items(multi=True))
            log.sent.append(Sent(request.method, request.path, query, form, answer.status_code, body))
        return answer

    return log


def faults(sent: Sent) -> list[str]:
    """Return all that is wrong with a request; and with its answer, if that is not a refusal."""
    if sent.method == "GET" and MEDIA.fullmatch(sent.path):
        return []  # The sound itself is no resource of the contract.
    found = _operation(sent)
    if found is None:
        return ["Twilio has no such path" if _template(sent.path) is None else "not a method of this path"]
    return [*_asked(sent, *found), *_answered(sent, found[0])]


@cache
def spec(name: str) -> dict[str, Any]:
    """Return one of Twilio's contracts."""
    return json.loads(shared(f"twilio/openapi/{name}.json").read_text("utf-8"))


@cache
def _templates() -> list[tuple[re.Pattern[str], str, str]]:
    found = [(path, name) for name in SPECS.values() for path in spec(name)["paths"]]
    # A path in plain words goes before one with a gap in the same place.
    return [(_pattern(path), path, name) for path, name in sorted(found, key=lambda one: one[0].count("{"))]


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path)))


def _template(path: str) -> tuple[dict[str, str], dict[str, Any], str] | None:
    """Return the gaps of a path, its operations, and the contract in which it stands."""
    for pattern, template, name in _templates():
        if match := pattern.fullmatch(path):
            return match.groupdict(), spec(name)["paths"][template], name
    return None


def _operation(sent: Sent) -> tuple[dict[str, Any], dict[str, str], str] | None:
    found = _template(sent.path)
    operation = found[1].get(sent.method.lower()) if found else None
    return (operation, found[0], found[2]) if found and operation else None


def _asked(sent: Sent, operation: dict[str, Any], gaps: dict[str, str], name: str) -> Iterator[str]:
    told = operation.get("parameters", [])
    for where, given in (("path", tuple(gaps.items())), ("query", sent.query)):
        ones = [one for one in told if one["in"] == where]
        needed = [one["name"] for one in ones if one.get("required")]
        yield from _parameters(given, {one["name"]: _meant(one) for one in ones}, needed, name)
    schema = operation.get("requestBody", {}).get("content", {}).get(FORM, {}).get("schema", {})
    yield from _parameters(sent.form, schema.get("properties", {}), schema.get("required", []), name)


def _meant(parameter: dict[str, Any]) -> dict[str, Any]:
    """Return a parameter's schema; the contract writes "phone-number" also where its words allow for a client."""
    meant = {"format": "endpoint"} if "Client identifier" in parameter.get("description", "") else {}
    return {**parameter["schema"], **meant}


def _parameters(given: Pairs, known: dict[str, Any], needed: list[str], name: str) -> Iterator[str]:
    by_name: dict[str, list[str]] = {}
    for key, value in given:
        by_name.setdefault(key, []).append(value)
    yield from (f"{key} is missing" for key in needed if key not in by_name)
    for key, values in by_name.items():
        if key not in known:
            yield f"{key} is not a parameter"
            continue
        schema = _resolved(known[key], name)
        if len(values) > 1 and schema.get("type") != "array":
            yield f"{key} is given {len(values)} times"
        read = [_read(one, schema.get("items", schema), name) for one in values]
        yield from _wrong(read if schema.get("type") == "array" else read[0], schema, name, key)


def _read(text: str, schema: dict[str, Any], name: str) -> Any:
    """Return the value that a parameter's text stands for; the text itself where it stands for none of the type."""
    match _resolved(schema, name).get("type"):
        case "integer" if re.fullmatch(r"-?\d+", text):
            return int(text)
        case "number" if re.fullmatch(r"-?\d+(\.\d+)?", text):
            return float(text)
        case "boolean" if text in ("true", "false"):
            return text == "true"
        case _:
            return text


def _answered(sent: Sent, operation: dict[str, Any]) -> Iterator[str]:
    if not sent.status or sent.status >= 400:
        return
    answer = operation["responses"].get(str(sent.status))
    if answer is None:
        yield f"is never answered with {sent.status}"
        return
    schema = answer.get("content", {}).get("application/json", {}).get("schema")
    if schema:
        name = (_template(sent.path) or ({}, {}, ""))[2]
        yield from _whole(json.loads(sent.body), schema, name, "the answer")


def _whole(value: Any, schema: dict[str, Any], name: str, where: str) -> Iterator[str]:
    """Yield what is wrong with an answer; it has all properties of the contract, and no others."""
    schema = _resolved(schema, name)
    if isinstance(value, list) and "items" in schema:
        for one in value:
            yield from _whole(one, schema["items"], name, where)
    elif isinstance(value, dict) and "properties" in schema:
        known = schema["properties"]
        yield from (f"{where} has no {key}" for key in known if key not in value and key not in UNLISTED)
        for key, one in value.items():
            if key not in known and key not in UNLISTED:
                yield f"{where} has {key}, which Twilio's has not"
            elif key in known and not (one is None and key in NULLABLE):
                yield from _whole(one, known[key], name, f"{where}'s {key}")
    else:
        yield from _wrong(value, schema, name, where)


def _resolved(schema: dict[str, Any], name: str) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    found: dict[str, Any] = spec(name)["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return found


def _wrong(value: Any, schema: dict[str, Any], name: str, where: str) -> Iterator[str]:
    whole = {"allOf": [schema], "components": spec(name)["components"]}
    for error in OAS30Validator(whole, format_checker=_formats()).iter_errors(value):
        yield f"{where}: {error.message}"


@cache
def _formats() -> FormatChecker:
    """Return OpenAPI's formats and Twilio's own."""
    made = FormatChecker(formats=())
    made.checkers = {**oas30_format_checker.checkers}
    for name, good in {
        "uri": _uri,
        "phone-number": lambda text: bool(PHONE.fullmatch(text)),
        "endpoint": lambda text: bool(PHONE.fullmatch(text)) or text.startswith(("client:", "sip:")),
        "http-method": lambda text: text in ("GET", "POST"),
        "twiml": lambda text: text.startswith("<") and len(text) <= 4000,
        "date-time-rfc-2822": lambda text: text.endswith("+0000") and bool(parsedate_to_datetime(text)),
        "date": _date,
    }.items():
        made.checks(name, raises=(ValueError, TypeError))(lambda value, good=good: value is None or good(value))
    return made


def _uri(text: str) -> bool:
    parts = urlsplit(text)
    return (parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in text) or text.startswith("/")


def _date(text: str) -> bool:
    with suppress(ValueError):
        return bool(date.fromisoformat(text))
    return False
