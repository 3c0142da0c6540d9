"""The command that lists recordings tells what answers now, and what menus in a folder want."""

from datetime import UTC
from pathlib import Path

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
