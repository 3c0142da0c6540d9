"""Calls as traces: what a collector of OpenTelemetry's gets over HTTP, of whole calls at a real server."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest.mock import patch

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from ivr import settings
from ivr.carrier.caller import Caller
from ivr.carrier.web import http_sender
from ivr.factory import create_app, utc_now
from ivr.listening import listening
from ivr.operations.doctor import findings
from ivr.operations.doctor.given import forgiving
from ivr.parts import StartError
from ivr.settings import SettingsError
from ivr.tally import Piece, Tally
from ivr.traces import traces
from tests.processes import awaited, carrier_of, servers
from tests.world import CUSTOMER, NUMBER, hotline_settings

CALL = f"CA{'0123456789abcdef' * 2}"
TRACE = bytes.fromhex(CALL[2:])
ADDRESS = "OTEL_EXPORTER_OTLP_ENDPOINT"


class Collector:
    """A collector: where it is, and what it was sent."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        self.asked: list[tuple[str, str]] = []
        self.sent: list[ExportTraceServiceRequest] = []

    @property
    def spans(self) -> list[Span]:
        """Return all spans, in the order in which they began."""
        found = [
            span
            for one in list(self.sent)
            for resource in one.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]
        return sorted(found, key=lambda span: span.start_time_unix_nano)


@contextmanager
def collecting() -> Iterator[Collector]:
    """Give a collector that answers."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            made.asked.append((self.path, self.headers.get("Authorization", "")))
            made.sent.append(ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Collector(server)
    with listening(server):
        yield made


def told(span: Span) -> dict[str, str | int]:
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


def test_a_call_at_a_real_server_is_one_trace_with_all_that_was_done_for_it(tmp_path: Path) -> None:
    with collecting() as collector:
        given = f"{ADDRESS}={collector.url}\nOTEL_EXPORTER_OTLP_HEADERS=Authorization=Bearer%20key\n"
        made = partial(servers, change=lambda at: (at / ".env").write_text(given), patient=True)
        with made(tmp_path, f"sqlite:///{tmp_path}/calls.db") as (server,):
            caller = Caller(carrier_of(server, http_sender()), CUSTOMER, NUMBER)
            for keys in ("1", "1", "6200123456"):
                caller.listen()
                caller.press(keys)
            caller.listen()
            caller.hang_up()
            server.process.send_signal(15)  # type: ignore[union-attr]
            awaited(lambda: server.process.poll() is not None, "the server has ended")  # type: ignore[union-attr]
    mine = [span for span in collector.spans if span.trace_id.hex() == caller.leg.sid[2:]]
    (whole,) = (span for span in mine if span.name == "call")
    assert not whole.parent_span_id
    assert all(span.parent_span_id == whole.span_id for span in mine if span is not whole)
    assert {told(span)["hotline.call"] for span in mine} == {caller.leg.sid}
    names = [span.name for span in mine if span is not whole]
    assert names[0] == "incoming"
    assert "status" in names
    assert [told(span)["url.path"] for span in mine if span.name == "turn"][:2] == ["/voice/turn/1", "/voice/turn/2"]
    assert any(name.startswith("wallet ") for name in names)
    assert all(span.start_time_unix_nano <= span.end_time_unix_nano for span in mine)
    assert set(collector.asked) == {("/v1/traces", "Bearer key")}
    assert not any(text in str(collector.sent) for text in (CUSTOMER[1:], "6200123456"))


def test_each_piece_is_told_as_it_went(tmp_path: Path) -> None:
    with collecting() as collector:
        made = traces(f"{collector.url}/", {})
        for piece in (
            Piece("turn", "turn/7", "503", 0.25, CALL),
            Piece("wallet", "check_pin", "unavailable", 0.5, CALL),
            Piece("carrier", "Calls", "", 0.125, f"https://api.twilio.com/2010-04-01/Accounts/AC1/Calls/{CALL}.json"),
            Piece("carrier", "Conferences", "too many", 0.0, "https://api.twilio.com/2010-04-01/Accounts/AC1/C"),
            Piece("call", "call", "completed", 61.0, CALL),
        ):
            made.heard(piece)
        made.close()
    spans = {span.name: span for span in collector.spans}
    whole, turn, stray = spans["call"], spans["turn"], spans["carrier Conferences"]
    assert (
        whole.trace_id
        == turn.trace_id
        == spans["wallet check_pin"].trace_id
        == spans["carrier Calls"].trace_id
        == TRACE
    )
    assert stray.trace_id != TRACE
    assert not stray.parent_span_id
    assert turn.parent_span_id == whole.span_id == TRACE[8:]
    assert whole.end_time_unix_nano - whole.start_time_unix_nano == 61_000_000_000
    assert turn.end_time_unix_nano - turn.start_time_unix_nano == 250_000_000
    assert (turn.kind, spans["carrier Calls"].kind) == (Span.SPAN_KIND_SERVER, Span.SPAN_KIND_CLIENT)
    assert [spans[name].status.code for name in ("turn", "wallet check_pin", "carrier Conferences")] == [2, 2, 2]
    assert [spans[name].status.code for name in ("call", "carrier Calls")] == [0, 0]
    assert told(turn) == {"http.response.status_code": 503, "url.path": "/voice/turn/7", "hotline.call": CALL}
    (resource,) = {one.resource_spans[0].resource.attributes[0].value.string_value for one in collector.sent}
    assert resource == "hotline"


def test_a_collector_that_is_away_disturbs_nobody() -> None:
    made = traces("http://127.0.0.1:9", {})
    tally = Tally(heard=made.heard)
    tally.turned("turn/1", "200", 0.1, CALL, "main")
    tally.asked_wallet("check_pin", "answered", 0.1)
    with tally.asking_carrier("Calls") as status:
        status.append(200)
    made.close()


def test_the_doctor_says_whether_a_collector_takes_them(tmp_path: Path) -> None:
    with collecting() as collector:
        found = findings(forgiving({ADDRESS: collector.url}, tmp_path), tmp_path, utc_now)
    assert f"well     traces: {collector.url} takes them" in [str(one) for one in found]


def test_nobody_is_told_where_nobody_listens(tmp_path: Path) -> None:
    app = create_app(hotline_settings(tmp_path, 8000), utc_now)
    assert app.extensions["hotline"].tally.heard is None
    app.extensions["hotline"].close()


def test_what_is_not_installed_is_told_at_the_start(tmp_path: Path) -> None:
    found = hotline_settings(tmp_path, 8000)
    found = replace(found, aside=replace(found.aside, traces=("http://127.0.0.1:4318", {})))
    with (
        patch.dict(sys.modules, {"opentelemetry.sdk.resources": None}),
        pytest.raises(StartError, match=r"pip install -e '\.\[traces\]'"),
    ):
        create_app(found, utc_now)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({ADDRESS: "collector:4318"}, "OTEL_EXPORTER_OTLP_ENDPOINT is 'collector:4318': give a collector's address"),
        (
            {ADDRESS: "http://collector:4318", "OTEL_EXPORTER_OTLP_HEADERS": "key"},
            "OTEL_EXPORTER_OTLP_HEADERS is no name=value",
        ),
    ],
)
def test_wrong_settings_are_told(given: dict[str, str], words: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=words):
        settings.read(given, tmp_path)
