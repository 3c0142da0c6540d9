"""No page of the console fails, whatever it is asked, and no link of it leads nowhere, for any role."""

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from html import unescape
from typing import Any
from urllib.parse import urljoin

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, seed, settings
from schemathesis import Case

from ivr.store.roles import ROLES
from tests.desk_site import Site, log_in
from tests.test_people import clock, site

__all__ = ["clock", "site"]

ASKED = ("place", "show", "who", "act", "since", "until", "before", "lang", "next", "show_codes")
TOLD = ("place", "what", "code", "note", "reason", "on", "kind", "to", "line", "case", "title")
LEAVES = ("/desk/logout", "/desk/tf-validate")  # They end the session of whoever is logged in.
EXAMPLES = int(os.environ.get("FUZZ", "5"))
QUICK = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize("role", list(ROLES))
def test_a_crawler_finds_no_dead_link(site: Site, role: str) -> None:
    site.left_message()
    client = site.app.test_client()
    log_in(client, "eve", site.hire("eve", role), front="/desk/password")
    seen, waiting = set[str](), ["/desk"]
    while waiting:
        path = waiting.pop()
        with client.get(path) as answer:
            assert answer.status_code in (200, 302, 304), (path, answer.status_code)
            page = answer.text if answer.mimetype == "text/html" else ""
            links = [answer.location] if answer.location else list(found(page))
        fresh = {urljoin(path, link).split("#")[0] for link in links} - seen
        seen |= fresh
        waiting += sorted(fresh)
    assert "/desk/password" in seen


def found(page: str) -> Iterator[str]:
    """Yield the addresses that a page names."""
    for link in re.findall(r'(?:href|src)="([^"]+)"', page):
        if not link.startswith(("data:", "#", "/web/vendor/")):
            yield unescape(link)


def described(app: Flask) -> dict[str, Any]:
    """Return the application's paths as OpenAPI has it: any text in any place."""
    paths: dict[str, Any] = {}
    text = {"type": "string", "maxLength": 200}
    query = [{"name": name, "in": "query", "schema": text} for name in ASKED]
    values = {"anyOf": [text, {"type": "boolean"}, {"type": "integer"}, {"type": "null"}, {"type": "array"}]}
    body = {"type": "object", "properties": dict.fromkeys(TOLD, values)}
    form = {"type": "object", "properties": dict.fromkeys((*TOLD, "name", "role", "password", "code"), text)}
    kinds = {"application/json": {"schema": body}, "application/x-www-form-urlencoded": {"schema": form}}
    answers = {"default": {"description": "anything but a fault"}}
    for rule in app.url_map.iter_rules():
        names = re.findall(r"<(?:.*?:)?(\w+)>", rule.rule)
        inside = [{"name": name, "in": "path", "required": True, "schema": text | {"minLength": 1}} for name in names]
        told = {"parameters": inside + query, "responses": answers}
        path = paths.setdefault(re.sub(r"<(?:[^<>]*:)?(\w+)>", r"{\1}", rule.rule), {})
        for method in (rule.methods or set()) & {"GET", "POST"}:
            path[method.lower()] = told | ({"requestBody": {"content": kinds}} if method == "POST" else {})
    return {"openapi": "3.0.0", "info": {"title": "console", "version": "1"}, "paths": paths}


def answered(client: FlaskClient, case: Case, forgery: str) -> int:
    """Ask what schemathesis made up, as our own pages would; return the status."""
    told = case.as_transport_kwargs(base_url="http://localhost")
    sent = {name: told[name] for name in ("json", "data") if told.get(name) is not None}
    query, headers = case.query or {}, {"X-CSRFToken": forgery}
    with client.open(case.formatted_path, method=case.method, query_string=query, headers=headers, **sent) as answer:
        return answer.status_code


@cache
def made_up(described: str) -> list[Case]:
    """Return what schemathesis asks of an application of these paths; to make it up takes as long as to answer it."""
    cases: list[Case] = []
    for number, result in enumerate(schemathesis.openapi.from_dict(json.loads(described)).get_all_operations()):
        operation = result.ok()
        if operation.path not in LEAVES:
            seed(number)(QUICK(given(case=operation.as_strategy())(lambda case: cases.append(case))))()
    return cases


@pytest.mark.xdist_group("crawl")
@pytest.mark.parametrize("role", list(ROLES))
def test_whatever_is_asked_nothing_fails(site: Site, role: str) -> None:
    site.left_message()
    client = site.app.test_client()
    forgery = log_in(client, "eve", site.hire("eve", role), front="/desk/password")
    statuses = Counter[int]()
    site.app.config["PROPAGATE_EXCEPTIONS"] = True  # A fault is told as it is.
    for case in made_up(json.dumps(described(site.app))):
        status = answered(client, case, forgery)
        assert status < 500, case
        statuses[status] += 1
    print(f"as {role}: {dict(statuses)}")
    assert client.get("/desk/password").status_code == 200, "still logged in, so that it was asked in earnest"
    assert {200, 404} <= statuses.keys(), statuses
