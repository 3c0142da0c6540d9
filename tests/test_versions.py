"""A call keeps the menus it began with, whatever is published meanwhile, across processes and restarts."""

from collections.abc import Mapping
from datetime import UTC
from pathlib import Path

from flask import Flask
from twilio.request_validator import RequestValidator

from ivr.factory import create_app
from tests.small import MAIN, small
from tests.world import ACCOUNT, OPEN, TOKEN, hotline_settings

URL = "http://127.0.0.1:8000"


def folder(where: Path, files: Mapping[str, str]) -> Path:
    """Write menus into a folder."""
    for name, text in files.items():
        (where / name).parent.mkdir(parents=True, exist_ok=True)
        (where / name).write_text(text, "utf-8")
    return where


def ask(app: Flask, path: str, call: str, digits: str = "") -> str:
    """Ask as the carrier would."""
    form = {"CallSid": call, "AccountSid": ACCOUNT, "From": "+8613800138000", "To": "+864001234567", "Digits": digits}
    signature = RequestValidator(TOKEN).compute_signature(f"{URL}{path}", form)
    return app.test_client().post(path, data=form, headers={"X-Twilio-Signature": signature}).text


def test_a_call_keeps_the_menus_it_began_with(tmp_path: Path) -> None:
    old = folder(tmp_path / "old", small())
    new = folder(tmp_path / "new", small(main=MAIN.replace("您好", "早上好").replace("    1:", "    2:")))

    def app(menus: Path) -> Flask:
        return create_app(hotline_settings(tmp_path, 8000, "", menus), lambda: OPEN.astimezone(UTC))

    before, first, second = app(old), "CA" + "1" * 32, "CA" + "2" * 32
    assert "您好" in ask(before, "/voice/incoming", first)
    before.extensions["hotline"].close()

    after = app(new)
    assert "早上好" in ask(after, "/voice/incoming", second)
    assert "请输入账户号码" in ask(after, "/voice/turn/1?language=zh-CN", first, "1")
    assert "没有这个选项" in ask(after, "/voice/turn/1?language=zh-CN", second, "1")
    after.extensions["hotline"].close()

    again = app(old)  # Another process that still has the old menus takes the new call on with the new ones.
    assert "早上好" not in ask(again, "/voice/incoming", "CA" + "3" * 32)
    assert "请输入账户号码" in ask(again, "/voice/turn/2?language=zh-CN", second, "2")
    again.extensions["hotline"].close()
