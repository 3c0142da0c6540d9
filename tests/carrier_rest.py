"""A practice carrier with its REST on loopback, and twilio's client, checked against Twilio's contract each time."""

import json
import os
import re
import threading
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response as TwilioResponse
from twilio.rest import Client
from werkzeug.serving import make_server

from ivr.carrier.caller import Caller
from ivr.carrier.rest import rest
from tests.carrier_site import ACCOUNT, CUSTOMER, HOTLINE, START, TOKEN, company

CONTRACT = Path(__file__).parents[1].parent / "shared" / "twilio" / "openapi" / "twilio_api_v2010.json"
PAGES = {
    "/in": '<Enqueue action="/turn" waitUrl="/wait">general</Enqueue>',
    "/wait": "<Say>please wait</Say>",
    "/turn": "<Say>after</Say>",
    "/out": '<Gather numDigits="1" action="/turn"><Say>hello</Say></Gather>',
    "/hold": "<Say>held</Say>",
    "/fallback": "<Say>lifeboat</Say>",
}


class Contract:
    """Twilio's own OpenAPI description, to hold requests and answers against."""

    def __init__(self) -> None:
        whole = json.loads(CONTRACT.read_text())
        self.paths: dict[str, Any] = whole["paths"]
        self.schemas: dict[str, Any] = whole["components"]["schemas"]

    def operation(self, method: str, path: str) -> dict[str, Any]:
        fitting = [one for one in self.paths if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", one), path)]
        assert fitting, path
        return self.paths[min(fitting, key=lambda template: template.count("{"))][method.lower()]

    def check(
        self, method: str, path: str, sent: dict[str, Any], asked: dict[str, Any], status: int, text: str
    ) -> None:
        operation = self.operation(method, path)
        body = operation.get("requestBody", {}).get("content", {}).get("application/x-www-form-urlencoded", {})
        assert set(sent) <= set(body.get("schema", {}).get("properties", {})), path
        assert set(asked) <= {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}, path
        assert str(status) in operation["responses"], (path, status)
        content = operation["responses"][str(status)].get("content")
        if content:
            self.fits(json.loads(text), content["application/json"]["schema"], path)

    def fits(self, value: Any, schema: dict[str, Any], where: str) -> None:
        if "$ref" in schema:
            schema = self.schemas[schema["$ref"].rsplit("/", 1)[1]]
        if value is None:
            # The contract forgets to say that a running conference has no reason for its end; its examples have none.
            assert schema.get("nullable") or where.endswith("reason_conference_ended"), f"{where} cannot be null"
            return
        if "enum" in schema:
            assert value in schema["enum"], f"{where}: {value}"
        match schema.get("type"):
            case "object" if "properties" in schema:
                assert set(value) - {"subresource_uris"} <= set(schema["properties"]), where
                optional = {"subresource_uris"}
                missing = {name for name in schema["properties"] if name not in value} - optional
                assert not missing, f"{where} has no {missing}"
                for name, one in value.items():
                    if name in schema["properties"]:
                        self.fits(one, schema["properties"][name], f"{where} {name}")
            case "object":
                assert isinstance(value, dict), where
            case "array":
                for one in value:
                    self.fits(one, schema["items"], where)
            case "integer":
                assert type(value) is int, f"{where}: {value!r}"
            case "boolean":
                assert type(value) is bool, f"{where}: {value!r}"
            case "string":
                assert isinstance(value, str), f"{where}: {value!r}"
                if schema.get("format") == "date-time-rfc-2822":
                    assert value.endswith("+0000"), f"{where}: {value}"
                    assert parsedate_to_datetime(value).year == START.year
                if "pattern" in schema:
                    assert re.fullmatch(schema["pattern"], value), f"{where}: {value}"


@cache
def contract() -> Contract:
    return Contract()


class ToPractice(TwilioHttpClient):
    """Twilio's HTTP client, but asking the practice carrier; each request and answer is held against the contract."""

    def __init__(self, base: str) -> None:
        super().__init__(timeout=10)
        self.base = base
        if not CONTRACT.exists() and not os.environ.get("CI"):
            pytest.skip(f"{CONTRACT} is not beside the checkout")
        self.contract = contract()
        self.seen = 0

    def request(self, method: str, url: str, *args: Any, **named: Any) -> TwilioResponse:
        parts = urlsplit(url)
        assert parts.netloc == "api.twilio.com"
        answer = super().request(
            method, f"{self.base}{parts.path}{'?' + parts.query if parts.query else ''}", *args, **named
        )
        if answer.status_code < 400:
            sent, asked = named.get("data") or {}, named.get("params") or {}
            self.contract.check(method, parts.path, sent, asked, answer.status_code, answer.text)
            self.seen += 1
        return answer


class World:
    """A carrier, its pages, its REST on loopback, and twilio's client for it."""

    def __init__(self, most_at_once: int = 100) -> None:
        self.carrier, self.site = company(PAGES)
        app = Flask(__name__)
        app.register_blueprint(rest(self.carrier, most_at_once))
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        self.carrier.api_url = self.base
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        self.http = ToPractice(self.base)
        self.client = Client(ACCOUNT, TOKEN, http_client=self.http)

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
        self.http.session.close()


def refusal(function: Any, *args: Any, **named: Any) -> tuple[int, int]:
    with pytest.raises(TwilioRestException) as refused:
        function(*args, **named)
    return refused.value.status, refused.value.code


def waiting(world: World, number: str = CUSTOMER) -> Caller:
    return Caller(world.carrier, number, HOTLINE)
