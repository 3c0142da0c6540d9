"""A call keeps the menus it began with, whatever is published meanwhile, across processes and restarts."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC
from pathlib import Path
from threading import Event
from time import monotonic

import pytest
from flask import Flask
from twilio.request_validator import RequestValidator

from ivr.factory import create_app
from ivr.flow.load import load
from ivr.parts import Parts
from ivr.store.library import Library, Publication
from tests.pages import until
from tests.quickest import quickest
from tests.small import FROZEN, MAIN, small
from tests.world import ACCOUNT, OPEN, TOKEN, hotline_settings


def folder(where: Path, files: Mapping[str, str]) -> Path:
    """Write menus into a folder."""
    for name, text in files.items():
        (where / name).parent.mkdir(parents=True, exist_ok=True)
        (where / name).write_text(text, "utf-8")
    return where


def ask(app: Flask, path: str, call: str, digits: str = "", **told: str) -> str:
    """Ask as the carrier would."""
    form = {"CallSid": call, "AccountSid": ACCOUNT, "From": "+8613800138000", "To": "+864001234567", "Digits": digits}
    form |= told
    url = app.extensions["hotline"].settings.public_url
    signature = RequestValidator(TOKEN).compute_signature(f"{url}{path}", form)
    return app.test_client().post(path, data=form, headers={"X-Twilio-Signature": signature}).text


def publish(app: Flask, files: Mapping[str, str]) -> int:
    """Publish menus, as another process would."""
    library: Library = app.extensions["hotline"].live.library
    version, last = library.keep(files, OPEN), library.live()
    assert last
    assert library.publish(version, "sam", OPEN, "", last.id)
    return version


def test_a_call_keeps_the_menus_it_began_with(tmp_path: Path) -> None:
    old, new = small(), small(main=MAIN.replace("您好", "早上好").replace("    1:", "    2:"))
    menus = folder(tmp_path / "menus", old)

    def made() -> Flask:
        return create_app(hotline_settings(tmp_path, 8000, "", menus), lambda: OPEN.astimezone(UTC))

    app, other = made(), made()
    first, second = "CA" + "1" * 32, "CA" + "2" * 32
    assert "您好" in ask(app, "/voice/incoming", first)
    publish(app, new)
    app.extensions["hotline"].live.look()
    assert "早上好" in ask(app, "/voice/incoming", second)
    assert "请输入账户号码" in ask(app, "/voice/turn/1?language=zh-CN", first, "1")
    # Another process, which has not seen it yet, takes the new call on with the new ones.
    assert "请输入账户号码" in ask(other, "/voice/turn/1?language=zh-CN", second, "2")
    assert "早上好" not in ask(other, "/voice/incoming", "CA" + "3" * 32)
    for one in (app, other):
        one.extensions["hotline"].close()

    again = made()  # The folder still holds the old ones; what was published counts.
    assert "早上好" in ask(again, "/voice/incoming", "CA" + "4" * 32)
    again.extensions["hotline"].close()


def test_a_server_sees_within_two_seconds_what_was_published(tmp_path: Path) -> None:
    menus = folder(tmp_path / "menus", small())
    app = create_app(hotline_settings(tmp_path, 8000, "", menus), lambda: OPEN.astimezone(UTC))
    parts: Parts = app.extensions["hotline"]
    parts.live.start()
    greetings, said = iter(("早上好", "下午好", "晚上好")), list[str]()

    def seen() -> float:
        said.append(next(greetings))
        version, begun = publish(app, small(main=MAIN.replace("您好", said[-1]))), monotonic()
        until(lambda: parts.live.version == version)
        return monotonic() - begun

    assert quickest(seen, 2.0) < 2.0
    assert said[-1] in ask(app, "/voice/incoming", "CA" + "5" * 32)
    parts.close()


def test_who_was_told_of_an_older_version_last_does_not_have_the_last_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    menus = folder(tmp_path / "menus", small())
    app = create_app(hotline_settings(tmp_path, 8000, "", menus), lambda: OPEN.astimezone(UTC))
    parts: Parts = app.extensions["hotline"]
    told, go_on, read = Event(), Event(), parts.live.library.live

    def slowly() -> Publication | None:
        last = read()
        told.set()
        assert go_on.wait(30)
        return last

    publish(app, small(main=MAIN.replace("您好", "早上好")))
    with ThreadPoolExecutor(2) as both:
        monkeypatch.setattr(parts.live.library, "live", slowly)
        slow = both.submit(parts.live.look)
        assert told.wait(30)
        monkeypatch.setattr(parts.live.library, "live", read)
        version = publish(app, small(main=MAIN.replace("您好", "下午好")))
        quick = both.submit(parts.live.look)
        wait([quick], 0.5)  # It has its turn now, or after the slow one.
        go_on.set()
        slow.result(), quick.result()
    assert parts.live.version == version
    parts.close()


def test_what_answered_under_an_earlier_release_answers_after_an_update_that_finds_fault_with_it(
    tmp_path: Path,
) -> None:
    menus = folder(tmp_path / "menus", small())
    settings = hotline_settings(tmp_path, 8000, "", menus)
    app = create_app(settings, lambda: OPEN.astimezone(UTC))
    parts: Parts = app.extensions["hotline"]
    older = small(main=MAIN.replace("您好", "早上好"), frozen=FROZEN.replace("{account:digits}", "{account:date}"))
    assert any("cannot be spoken so" in problem.words for problem in load(older)[1])
    publish(app, older)
    parts.live.look()
    assert "早上好" in ask(app, "/voice/incoming", "CA" + "6" * 32)
    parts.close()
    again = create_app(settings, lambda: OPEN.astimezone(UTC))
    assert "早上好" in ask(again, "/voice/incoming", "CA" + "7" * 32)
    again.extensions["hotline"].close()


def test_what_cannot_be_read_does_not_answer_and_nobody_is_cut_off(tmp_path: Path) -> None:
    menus = folder(tmp_path / "menus", small())
    app = create_app(hotline_settings(tmp_path, 8000, "", menus), lambda: OPEN.astimezone(UTC))
    parts: Parts = app.extensions["hotline"]
    before = parts.live.version
    publish(app, {"main.yaml": "start: {kind: dance}\n"})
    parts.live.look()
    assert parts.live.version == before
    assert "您好" in ask(app, "/voice/incoming", "CA" + "6" * 32)
    publish(app, small(main=MAIN.replace("您好", "早上好")))
    parts.live.look()
    assert "早上好" in ask(app, "/voice/incoming", "CA" + "7" * 32)
    parts.close()
