"""Logs as JSON: a line an event, the call on each line of a call's request, and no number whole."""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from ivr import logs, settings
from ivr.factory import create_app
from ivr.hotline import Hotline
from ivr.settings import SettingsError
from tests.world import ACCOUNT, CUSTOMER, NUMBER, OPEN, TOKEN, hotline_settings

CALL = "CA" + "2" * 32
FORM = {"CallSid": CALL, "AccountSid": ACCOUNT, "From": CUSTOMER, "To": NUMBER}


@contextmanager
def logging_json(folder: Path) -> Iterator[Flask]:
    """Run a hotline that logs JSON to what is the standard error now."""
    found = replace(hotline_settings(folder, 8000), log_format="json", public_url="https://hotline.example")
    made = create_app(found, lambda: OPEN.astimezone(UTC))
    try:
        yield made
    finally:
        made.extensions["hotline"].close()
        logs.configure()


def ask(app: Flask, token: str = TOKEN) -> TestResponse:
    """Ring."""
    url = "https://hotline.example/voice/incoming"
    signed = {"X-Twilio-Signature": RequestValidator(token).compute_signature(url, FORM)}
    return app.test_client().post("/voice/incoming", data=FORM, headers=signed)


def lines(said: str) -> list[dict[str, Any]]:
    """Return what was logged."""
    return [json.loads(line) for line in said.splitlines()]


def test_a_full_disk_costs_lines_of_the_log_and_no_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ValueError("to be logged")

    monkeypatch.setattr(Hotline, "answer", fails)
    with open("/dev/full", "wb", buffering=0) as full, monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", TextIOWrapper(full, write_through=True))
        with logging_json(tmp_path) as app:
            assert "<Redirect" in ask(app).text
    logs.configure()


def test_each_line_of_a_calls_request_names_the_call_whoever_logs_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        structlog.get_logger().info("ours", number=CUSTOMER)
        logging.getLogger("some library").warning("theirs about %s", CUSTOMER)
        logging.getLogger("twilio.http_client").info("numbers in URLs")
        raise ValueError(f"with {CUSTOMER}")

    monkeypatch.setattr(Hotline, "answer", fails)
    with logging_json(tmp_path) as app:
        ask(app)
    said = capsys.readouterr().err
    found = lines(said)
    assert [line["event"] for line in found] == ["ours", "theirs about …8000", "a turn failed"]
    assert {line["call"] for line in found} == {CALL}
    assert {line["level"] for line in found} == {"info", "warning", "error"}
    assert "ValueError: with …8000" in found[2]["exception"]
    assert CUSTOMER not in said


def test_a_call_that_nobody_vouches_for_is_not_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with logging_json(tmp_path) as app:
        ask(app, "another token")
    (line,) = lines(capsys.readouterr().err)
    assert (line["event"], line.get("call")) == ("wrong signature", None)


def test_a_brief_time_leaves_the_form_as_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with logging_json(tmp_path):
        with logs.brief():
            structlog.get_logger().info("short")
        structlog.get_logger().info("long")
    short, long = capsys.readouterr().err.splitlines()
    assert (short, json.loads(long)["event"]) == ("! short", "long")


def test_another_form_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="LOG_FORMAT is 'xml': give plain or json"):
        settings.read({"LOG_FORMAT": "xml"}, tmp_path)
