"""A practice carrier with its REST on loopback, and twilio's client, checked against Twilio's contract each time."""

import threading
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
from tests.carrier_site import ACCOUNT, CUSTOMER, HOTLINE, TOKEN, company
from tests.openapi import Log, faults, recorded

PAGES = {
    "/in": '<Enqueue action="/turn" waitUrl="/wait">general</Enqueue>',
    "/wait": "<Say>please wait</Say>",
    "/turn": "<Say>after</Say>",
    "/out": '<Gather numDigits="1" action="/turn"><Say>hello</Say></Gather>',
    "/hold": "<Say>held</Say>",
    "/fallback": "<Say>lifeboat</Say>",
}


class ToPractice(TwilioHttpClient):
    """Twilio's HTTP client, but asking the practice carrier; each request and answer is held against the contract."""

    def __init__(self, base: str, log: Log) -> None:
        super().__init__(timeout=10)
        self.base = base
        self.log = log
        self.seen = 0

    def request(self, method: str, url: str, *args: Any, **named: Any) -> TwilioResponse:
        parts = urlsplit(url)
        assert parts.netloc == "api.twilio.com"
        query = "?" + parts.query if parts.query else ""
        answer = super().request(method, f"{self.base}{parts.path}{query}", *args, **named)
        if answer.status_code < 400:
            assert faults(self.log.sent[-1]) == []
            self.seen += 1
        return answer


class World:
    """A carrier, its pages, its REST on loopback, and twilio's client for it."""

    def __init__(self, most_at_once: int = 100) -> None:
        self.carrier, self.site = company(PAGES)
        app = Flask(__name__)
        app.register_blueprint(rest(self.carrier, most_at_once))
        log = recorded(app)
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        self.carrier.api_url = self.base
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        self.http = ToPractice(self.base, log)
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
