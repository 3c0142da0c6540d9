"""The command that lists recordings tells what answers now, and what menus in a folder want."""

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from ivr import folders
from ivr.editor.manifest import keep, with_spoken
from ivr.factory import create_app
from ivr.flow.flow import Spoken
from tests.small import MAIN, small
from tests.world import OPEN, hotline_settings

HELLO = "zh-CN/main.start.say"


def asked(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["menus", "prompts", *words])


@pytest.fixture
def spoken(tmp_path: Path) -> Path:
    """Return a folder into which menus were exported of which a person has spoken one prompt."""
    hello = Spoken(file=keep(tmp_path / "recordings", b"RIFF"), words="您好。")
    folders.write_menus(tmp_path / "menus", with_spoken(small(), HELLO, hello))
    app = create_app(hotline_settings(tmp_path, 8000, "", tmp_path / "menus"), lambda: OPEN.astimezone(UTC))
    done = app.test_cli_runner().invoke(args=["menus", "export", str(tmp_path / "out")])
    assert (done.exit_code, "1 recordings of prompts" in done.output) == (0, True), done.output
    app.extensions["hotline"].close()
    return tmp_path / "out"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Flask]:
    """Return another hotline, which has none of these sounds."""
    folders.write_menus(tmp_path / "theirs", small())
    (tmp_path / "production").mkdir()
    settings = hotline_settings(tmp_path / "production", 8000, "", tmp_path / "theirs")
    app = create_app(settings, lambda: OPEN.astimezone(UTC))
    yield app
    app.extensions["hotline"].close()


def imported(app: Flask, folder: Path) -> Result:
    return app.test_cli_runner().invoke(args=["menus", "import", str(folder)])


def test_what_people_spoke_goes_along_with_the_menus(spoken: Path, elsewhere: Flask) -> None:
    publishing = elsewhere.extensions["hotline"].publishing
    done = imported(elsewhere, spoken)
    assert (done.exit_code, "1 recordings of prompts are taken in" in done.output) == (0, True), done.output
    assert publishing.draft(1, 0, "ann", "from staging") == 2
    assert publishing.live.flow.spoken[HELLO].words == "您好。"


def test_a_recording_that_is_another_is_not_taken_in(spoken: Path, elsewhere: Flask) -> None:
    (sound,) = (spoken / "prompts").glob("*.wav")
    sound.write_bytes(b"RIFX")
    done = imported(elsewhere, spoken)
    assert (done.exit_code, f"prompts/{sound.name}: this is another sound" in done.output) == (1, True), done.output
    parts = elsewhere.extensions["hotline"]
    assert parts.publishing.drafts.open() == []
    assert not folders.prompts(parts.settings.recordings)


def test_missing_outdated_and_lost_recordings_are_listed(tmp_path: Path) -> None:
    hello = Spoken(file=keep(tmp_path / "recordings", b"RIFF"), words="您好。")
    files = with_spoken(with_spoken(small(), HELLO, hello), "en-US/main.gone.say", hello)
    folders.write_menus(tmp_path / "menus", files)
    app = create_app(hotline_settings(tmp_path, 8000, "", tmp_path / "menus"), lambda: OPEN.astimezone(UTC))
    told = asked(app)
    lines = told.output.splitlines()
    assert told.exit_code == 0, told.output
    assert HELLO not in told.output
    assert "missing   en-US/main.start.say  Hello." in lines
    assert "gone      en-US/main.gone.say  (it says: 您好。)" in lines
    assert lines[-2:] == ["zh-CN: 1 of 46 recorded", "en-US: 0 of 46 recorded"]
    folders.write_menus(tmp_path / "new", files | {"main.yaml": MAIN.replace("您好。", "早上好。")})
    assert f"outdated  {HELLO}  早上好。  (it says: 您好。)" in asked(app, str(tmp_path / "new")).output.splitlines()
    (tmp_path / "recordings" / "prompts" / hello.file).unlink()
    lost = asked(app)
    assert (lost.exit_code, f"there is no {hello.file}" in lost.output) == (1, True)
    app.extensions["hotline"].close()
