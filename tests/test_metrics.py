"""The figures for Prometheus: true, of bounded names, for whoever may read them, and for next to no time of a turn."""

import timeit
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from ivr.carrier.cues import Listening
from ivr.factory import create_app
from ivr.flow.waits import Lookup
from ivr.operations.beside import Beside
from ivr.operations.health import Health, Signs
from ivr.tally import PUT_OFF, Tally
from ivr.telephony.rest import Rest
from ivr.watched import Watched
from tests.bench.bare import bare
from tests.talks import heard
from tests.world import CUSTOMER, OPEN, World, hotline_settings, world

PART = 0.1  # Of what bare Flask takes for a turn.


def figures(app: Flask, **headers: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Return the page of figures, by name and labels."""
    answer = app.test_client().get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    families = text_string_to_metric_families(answer.text)
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


def of(found: Mapping[Any, float], name: str, **labels: str) -> float:
    """Return one figure, 0 where nothing was counted."""
    return found.get((name, frozenset(labels.items())), 0.0)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as found:
        yield found


def test_a_call_is_counted_from_its_first_turn_to_its_outcome(here: World) -> None:
    caller, other = here.caller(), here.caller("+8613800138001")
    caller.listen()
    caller.press("0")
    heard(caller)
    heard(other)
    found = figures(here.app)
    assert of(found, "hotline_calls") == 2
    assert of(found, "hotline_database_up") == 1
    assert of(found, "hotline_turn_seconds_count", path="incoming") == 2
    assert of(found, "hotline_turn_seconds_bucket", path="incoming", le="+Inf") == 2
    assert of(found, "hotline_answers_total", path="turn", status="200") >= 1
    assert of(found, "hotline_commit_turns_total") >= of(found, "hotline_commits_total") >= 3
    assert of(found, "hotline_line_waiting", queue="general", kind="call") == 1
    here.carrier.clock.advance(90)
    assert of(figures(here.app), "hotline_line_oldest_seconds", queue="general", kind="call") >= 0
    caller.hang_up()
    other.hang_up()
    found = figures(here.app)
    assert of(found, "hotline_calls_ended_total", outcome="hung-up") == 2
    assert of(found, "hotline_turns_under_way") == 0


def test_who_is_put_off_and_how_long_a_request_stands_in_the_queue_is_told(here: World) -> None:
    before = figures(here.app)
    told = {what: before.get(("hotline_put_off_total", frozenset({("what", what)}))) for what in PUT_OFF}
    assert told == dict.fromkeys(PUT_OFF, 0.0), "as what is counted for the first time has no increase"
    admission = here.app.extensions["admission"]
    admission.later("incoming", "", b"")
    admission.queue.tally.stood(0.3)
    found = figures(here.app)
    assert of(found, "hotline_put_off_total", what="caller") == 1
    assert of(found, "hotline_server_queue_seconds_count") == 1
    assert of(found, "hotline_server_queue_seconds_bucket", le="0.2") == 0
    assert of(found, "hotline_server_queue_seconds_bucket", le="0.5") == 1


def test_for_how_long_the_certificate_lasts_is_told_where_that_is_known(here: World) -> None:
    assert ("hotline_tls_days_left", frozenset()) not in figures(here.app)
    here.parts.tally.tls_days = 3.5
    assert of(figures(here.app), "hotline_tls_days_left") == 3.5


def test_what_stands_in_the_database_is_as_old_as_two_seconds_at_most(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.operations.collector.LASTS", 0.0)
    caller = here.caller()
    caller.press("0")
    heard(caller)
    here.carrier.clock.advance(90)
    assert of(figures(here.app), "hotline_line_oldest_seconds", queue="general", kind="call") >= 90
    caller.hang_up()
    found = figures(here.app)
    assert of(found, "hotline_line_waiting", queue="general", kind="call") == 0
    assert of(found, "hotline_work_waiting", kind="digest") == 1
    assert of(found, "hotline_calls") == 0


def test_names_are_few_whatever_is_asked_and_say_nothing_of_anybody(here: World) -> None:
    caller = here.caller()
    heard(caller)
    client = here.app.test_client()
    for number in range(50):
        client.post(f"/voice/made-up-{number}/x")
        client.post(f"/voice/turn/{number}")
        client.post(f"/voice/agent/{number}/over", headers={"X-Twilio-Signature": "wrong"})
    client.post("/voice/incoming", data="x" * 70_000, headers={"X-Twilio-Signature": "wrong"})
    client.get("/voice/incoming")
    found = figures(here.app)
    paths = {value for _, labels in found for name, value in labels if name == "path"}
    assert paths <= {"incoming", "turn", "wait", "status", "recording", "fallback", "agent", "taskrouter", "other"}
    refused = {reason: of(found, "hotline_refused_total", reason=reason) for reason in ("unsigned", "signature")}
    assert refused == {"unsigned": 50, "signature": 50}
    assert of(found, "hotline_refused_total", reason="no such path") == 50
    assert of(found, "hotline_refused_total", reason="too large") == 1
    assert of(found, "hotline_refused_total", reason="method") == 1
    page = client.get("/metrics").text
    assert len(page.splitlines()) < 400
    for secret in (caller.leg.sid, CUSTOMER[3:], "made-up", here.parts.settings.tokens[0]):
        assert secret not in page


def test_a_failed_turn_is_the_lifeboats(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    caller = here.caller()
    heard(caller)
    with monkeypatch.context() as broken:
        for way in ("hear", "foresee"):
            broken.setattr(type(here.parts.hotline), way, None)
        caller.press("1")
    heard(caller)
    found = figures(here.app)
    assert of(found, "hotline_lifeboat_total", why="a turn failed") == 1
    assert of(found, "hotline_lifeboat_total", why="fallback") >= 1
    assert isinstance(caller.cue, Listening) or not caller.over


def test_what_we_ask_the_carrier_and_the_wallet_is_counted_with_its_errors(here: World) -> None:
    parts = here.parts
    rest = Rest(parts.settings.account, parts.settings.tokens[0], parts.settings.api_url, parts.tally)
    wrong = Rest(parts.settings.account, "another token", parts.settings.api_url, parts.tally)
    nobody = Rest(parts.settings.account, "token", "http://127.0.0.1:9", parts.tally)
    rest.numbers()
    for one in (wrong, nobody):
        with pytest.raises(Exception, match=r"."):
            one.over("CA" + "1" * 32)
    Watched(parts.wallet, parts.tally).answer(Lookup("ours", (("suspect", "95000"),)), "one")
    Watched(parts.wallet, parts.tally).answer(Lookup("ours", (("suspect", "95002"),)), "two")
    found = figures(here.app)
    assert of(found, "hotline_carrier_seconds_count", kind="IncomingPhoneNumbers") == 1
    assert of(found, "hotline_carrier_seconds_count", kind="Calls") == 2
    assert of(found, "hotline_carrier_errors_total", kind="Calls", error="refused") == 1
    assert of(found, "hotline_carrier_errors_total", kind="Calls", error="no answer") == 1
    assert of(found, "hotline_wallet_seconds_count", question="ours") == 2
    assert of(found, "hotline_wallet_answers_total", question="ours", outcome="answered") == 1


def test_figures_are_for_this_machine_alone_unless_there_is_a_token(tmp_path: Path) -> None:
    def get(app: Flask, address: str, **headers: str) -> int:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return app.test_client().get("/metrics", headers=given, environ_base={"REMOTE_ADDR": address}).status_code

    settings = hotline_settings(tmp_path, 8000)
    app = create_app(settings, lambda: OPEN.astimezone(UTC))
    assert [get(app, address) for address in ("127.0.0.1", "::1", "127.8.9.1")] == [200, 200, 200]
    assert [get(app, address) for address in ("10.0.0.5", "", "8.8.8.8", "localhost")] == [403] * 4
    assert get(app, "127.0.0.1", X_Forwarded_For="8.8.8.8") == 403, "a proxy on this machine hands it on"
    assert get(app, "8.8.8.8", X_Forwarded_For="127.0.0.1") == 403
    app.extensions["hotline"].close()
    app = create_app(replace(settings, metrics_token="a token"), lambda: OPEN.astimezone(UTC))
    assert get(app, "8.8.8.8", Authorization="Bearer a token") == 200
    assert [get(app, "127.0.0.1"), get(app, "8.8.8.8", Authorization="Bearer another")] == [403, 403]
    assert get(app, "8.8.8.8", Authorization="Bearer tökén") == 403
    app.extensions["hotline"].close()


def test_without_the_database_there_are_figures_of_the_rest(tmp_path: Path) -> None:
    (tmp_path / "gone.db").write_bytes(b"no database" * 1000)
    app = create_app(hotline_settings(tmp_path, 8000, f"sqlite:///{tmp_path}/gone.db"), lambda: OPEN.astimezone(UTC))
    found = figures(app)
    assert of(found, "hotline_database_up") == 0
    assert ("hotline_calls", frozenset()) not in found
    assert ("hotline_spool_facts", frozenset()) in found
    app.extensions["hotline"].close()


def test_to_count_costs_a_turn_next_to_nothing() -> None:
    def application(environ: Any, start: Any) -> list[bytes]:
        start("200 OK", [])
        return []

    health = Health(Signs(lambda: "", lambda: None, lambda: 0.0, lambda: 0))
    around = Beside(Tally(), health, lambda: ("", b"")).around(application)
    environ = {"PATH_INFO": "/voice/turn/7", "REQUEST_METHOD": "POST", "wsgi.url_scheme": "http", "HTTP_HOST": "here"}

    def start(*_: object) -> None:
        """Take no notice."""

    def best(called: Any) -> float:
        return min(timeit.repeat(lambda: called(environ, start), number=1000, repeat=10)) / 1000

    part = (best(around) - best(application)) / best(bare().wsgi_app)
    print(f"counted in {part:.3f} of bare Flask's turn")
    assert part < PART
