"""Every answer of every path, to everybody, has the headers that keep foreign scripts, frames and caches out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from flask import Flask
from flask.testing import FlaskClient
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from ivr.factory import create_app, utc_now
from ivr.store.roles import ROLES
from tests.desk_site import hired, log_in
from tests.test_crawl import LEAVES
from tests.test_rights import rows
from tests.test_webhooks import ASKED, URL
from tests.world import TOKEN, hotline_settings

FILES = ("/web/", "/audio/", "/desk/static/")  # Which are no secret, so that browsers and the carrier may keep them.
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Browser(FlaskClient):
    """Comes by https, from our own pages."""

    def open(self, *told: Any, **named: Any) -> TestResponse:
        """Ask for something."""
        self.environ_base["HTTP_REFERER"] = f"{URL}/desk"
        return super().open(*told, **{"base_url": URL, **named})


@dataclass
class Whole:
    """Calls and pages as one application, as it is served."""

    app: Flask
    pages: Any

    def walk(self, client: FlaskClient, forgery: str) -> Iterator[tuple[str, TestResponse]]:
        """Ask for everything that there is, and for what is not; yield each with its answer."""
        more = [("GET", "/nothing"), ("POST", "/desk/nothing"), ("PUT", "/desk"), ("GET", "/"), ("GET", "/desk/..%2f")]
        asked = [(method, path) for app in (self.app, self.pages) for method, path, _ in rows(app)] + more
        for method, path in sorted(asked, key=lambda one: one[1] in LEAVES):
            signed = RequestValidator(TOKEN).compute_signature(f"{URL}{path}", ASKED)
            headers = {"X-CSRFToken": forgery, "X-Twilio-Signature": signed}
            told = {"data": ASKED} if path.startswith("/voice") else {"json": {}} if method == "POST" else {}
            with client.open(path, method=method, headers=headers, **told) as answer:
                yield f"{method} {path}", answer


def whole(folder: Path, **more: Any) -> Iterator[Whole]:
    app = create_app(replace(hotline_settings(folder, 8000), public_url=URL, **more), utc_now)
    app.test_client_class = Browser
    yield Whole(app, app.extensions["pages"].made()[0])
    app.extensions["hotline"].close()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    yield from whole(tmp_path_factory.mktemp("live"), api_key="SK" + "1" * 32, api_secret="secret")


@pytest.fixture
def practice(tmp_path: Path) -> Iterator[Whole]:
    yield from whole(tmp_path, practice=True)


def wrong(path: str, answer: TestResponse) -> list[str]:
    """Return what an answer lacks, or tells that nobody needs to know."""
    headers, found = answer.headers, list[str]()
    found += [f"{name}: {headers.get(name)}" for name, value in FIXED.items() if headers.get(name) != value]
    policy = headers.get("Content-Security-Policy", "")
    if not re.match(r"default-src '(self|none)'; ", policy) or re.search(r"unsafe-|\*|http:", policy):
        found.append(f"Content-Security-Policy: {policy}")
    found += [f"no {part}" for part in ("frame-ancestors 'none'", "base-uri 'none'") if part not in policy]
    if not headers.get("Strict-Transport-Security", "").startswith("max-age=31536000"):
        found.append("no Strict-Transport-Security")
    if not all(f"{one}=()" in headers.get("Permissions-Policy", "") for one in ("camera", "geolocation", "payment")):
        found.append(f"Permissions-Policy: {headers.get('Permissions-Policy')}")
    kept = path.split(" ")[1].startswith(FILES) and answer.status_code in (200, 304)
    if not kept and headers.get("Cache-Control") != "no-store":
        found.append(f"Cache-Control: {headers.get('Cache-Control')}")
    found += [
        f"{name}: {headers[name]}" for name in ("Server", "X-Powered-By") if re.search(r"\d", headers.get(name, ""))
    ]
    return found + [cookie for cookie in headers.getlist("Set-Cookie") if loose(cookie)]


def loose(cookie: str) -> bool:
    """Tell whether a cookie could be read by scripts, sent in the clear or by foreign pages, or set by a neighbour."""
    flags = {flag.strip().lower() for flag in cookie.split(";")[1:]}
    safe = {"secure", "httponly", "path=/"} <= flags and flags & {"samesite=lax", "samesite=strict"}
    return not (cookie.startswith("__Host-") and safe and not any(flag.startswith("domain") for flag in flags))


@pytest.mark.parametrize("role", [*ROLES, "nobody"])
def test_every_answer_has_the_headers_that_guard(live: Whole, role: str) -> None:
    client, forgery = live.app.test_client(), ""
    if role != "nobody":
        staff = live.app.extensions["pages"].made()[1]
        password, name = hired(live.pages, staff, f"eve-{role}", role), f"eve-{role}"
        forgery = log_in(client, name, password, front="/desk/password")
    told = [(path, wrong(path, answer), answer.status_code) for path, answer in live.walk(client, forgery)]
    assert [(path, faults) for path, faults, _ in told if faults] == []
    assert len(told) > 140
    seen = {path for path, _, status in told if status == 200}
    assert ("GET /desk/account" in seen) == (role != "nobody")
    assert "POST /voice/incoming" in seen


def test_the_practice_phone_and_carrier_are_guarded_as_well(practice: Whole) -> None:
    found = {}
    for path, answer in practice.walk(practice.app.test_client(), ""):
        if faults := wrong(path, answer):
            found[path] = faults
    assert found == {}


def test_what_fails_is_guarded_as_well(live: Whole) -> None:
    live.app.config["PROPAGATE_EXCEPTIONS"] = live.pages.config["PROPAGATE_EXCEPTIONS"] = False
    with patch("ivr.console.login.TEXTS", {}):
        answer = live.app.test_client().get("/desk/login")
    assert answer.status_code == 500
    assert wrong("GET /desk/login", answer) == []
    assert "Traceback" not in answer.text


def test_the_scanner_finds_what_is_missing(live: Whole) -> None:
    answer = live.app.test_client().get("/desk/login")
    assert wrong("GET /desk/login", answer) == []
    for name in (*FIXED, "Content-Security-Policy", "Permissions-Policy", "Strict-Transport-Security", "Cache-Control"):
        kept = answer.headers.pop(name)
        assert wrong("GET /desk/login", answer), name
        answer.headers[name] = kept
    for bad in ("hotline=x; Path=/", "__Host-hotline=x; Path=/; HttpOnly; SameSite=Lax", "__Host-x=1; Secure; Path=/"):
        assert loose(bad), bad
    answer.headers["Content-Security-Policy"] += "; script-src 'unsafe-inline'"
    assert wrong("GET /desk/login", answer)


def test_without_tls_browsers_are_not_kept_from_coming_back(tmp_path: Path) -> None:
    app = create_app(hotline_settings(tmp_path, 8000), utc_now)
    assert "Strict-Transport-Security" not in app.test_client().get("/nothing").headers
    app.extensions["hotline"].close()
