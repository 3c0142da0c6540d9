"""The menus are checked, proven, published and taken back by commands; whatever stands against that is told."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from ivr import folders
from ivr.factory import create_app
from ivr.parts import Parts
from tests.small import HOTLINE, MAIN, small
from tests.world import OPEN, ZONE, hotline_settings

MARK = "mark: {kind: survey, say: 请打分。, remark: 请讲。, then: person.goodbye}\n"
TRAP = MAIN.replace("go: frozen}", "go: frozen}\n    2: {for: 评价, go: mark}") + MARK
MORNING = small(main=MAIN.replace("您好", "早上好"))


def trapping() -> dict[str, str]:
    """Return menus that cut a silent caller off."""
    texts = dict(small(main=TRAP))
    said = ("main.start.choices.mark", "main.mark.say", "main.mark.remark")
    texts["languages/en-US.yaml"] += "".join(f'{place}: "Please"\n' for place in said)
    return texts


@pytest.fixture
def now() -> list[datetime]:
    """Return the present moment, to be changed."""
    return [OPEN.astimezone(UTC)]


@pytest.fixture
def app(tmp_path: Path, now: list[datetime]) -> Iterator[Flask]:
    """Return an application that has the small menus."""
    folders.write_menus(tmp_path / "menus", small())
    made = create_app(hotline_settings(tmp_path, 8000, "", tmp_path / "menus"), lambda: now[0])
    yield made
    made.extensions["hotline"].close()


@pytest.fixture
def run(app: Flask, tmp_path: Path) -> Callable[..., Result]:
    """Return how to run one of the commands; a folder is written first where menus are given."""

    def running(*words: str, files: Mapping[str, str] | None = None) -> Result:
        if files is not None:
            folders.write_menus(tmp_path / "new", files)
        told = [str(tmp_path / word) if word == "new" else word for word in words]
        return app.test_cli_runner().invoke(args=["menus", *told])

    return running


def test_good_menus_are_counted_and_proven(run: Callable[..., Result]) -> None:
    done = run("check")
    assert done.exit_code == 0, done.output
    assert "menus are good: 17 nodes, 2 languages\nno trap was found: " in done.stdout
    assert "longest menu: " in done.stdout
    assert "soonest, with all words heard: general 9 s (1 keys)" in done.stdout


def test_every_problem_is_told_with_its_file_and_line(run: Callable[..., Result]) -> None:
    wrong = small(main=MAIN.replace("go: frozen}", "go: nowhere}") + "lost:\n  kind: dance\n")
    for command in ("check", "publish"):
        done = run(command, "new", files=wrong)
        assert done.exit_code == 1
        told = done.stdout.splitlines()
        assert any(line.startswith("main.yaml:") and "nowhere" in line for line in told)
        assert any(line.startswith("main.yaml:") and "dance" in line for line in told)
        assert "good" not in done.stdout
    assert len(run("versions").stdout.splitlines()) == 1


def test_a_trap_is_told_with_the_way_into_it_and_is_not_published(run: Callable[..., Result]) -> None:
    for command in ("check", "publish"):
        done = run(command, "new", files=trapping())
        assert done.exit_code == 1, done.output
        assert "main.mark: [2026-11-23 10:00] rings, 2, silence ×3, → the caller is cut off" in done.stdout
        assert "no trap" not in done.stdout
    assert len(run("versions").stdout.splitlines()) == 1


@pytest.mark.parametrize(("today", "warned"), [(date(2026, 11, 1), False), (date(2026, 11, 23), True)])
def test_holidays_that_nobody_knows_yet_are_warned_of_sixty_days_ahead(
    today: date, warned: bool, run: Callable[..., Result], now: list[datetime]
) -> None:
    now[0] = datetime(today.year, today.month, today.day, tzinfo=ZONE)
    done = run("check")
    assert done.exit_code == 0
    assert ("holidays from 2027-01-01" in done.stderr) == warned


def test_a_version_is_published_and_taken_back(run: Callable[..., Result], app: Flask) -> None:
    parts: Parts = app.extensions["hotline"]
    assert run("publish", "new", "--by", "sam", "--note", "spring", files=MORNING).stdout == "version 2 answers\n"
    assert "早上好" in parts.flow.words["zh-CN"]["main.start.say"]
    assert run("publish", "new", files=MORNING).exit_code == 0  # The same again is the same version.
    assert run("back", "1", "--by", "ann").stdout == "version 1 answers\n"
    assert "早上好" not in parts.flow.words["zh-CN"]["main.start.say"]
    told = [line[21:].rstrip() for line in run("versions").stdout.splitlines()]
    assert told == ["version 1  ann", "version 2  terminal", "version 2  sam  spring", "version 1  -  menus/"]
    assert "no version 9" in run("back", "9").output


def test_what_would_change_is_said_in_words(run: Callable[..., Result]) -> None:
    assert run("diff").stdout == ""
    said = run("diff", "new", "--language", "zh", files=MORNING).stdout
    assert said.startswith("main.start: ")
    assert "早上好" in said
    assert "no version 9" in run("diff", "--version", "9").output


def test_what_is_exported_is_what_answers_and_what_is_imported_is_a_draft(
    run: Callable[..., Result], tmp_path: Path, app: Flask
) -> None:
    drafts = app.extensions["hotline"].publishing.drafts
    run("publish", "new", files=MORNING)
    done = run("export", str(tmp_path / "out"))
    assert done.exit_code == 0, done.output
    assert folders.menus(tmp_path / "out") == dict(MORNING)
    assert run("export", str(tmp_path / "menus"), "--version", "1").exit_code == 0
    assert folders.menus(tmp_path / "menus") == dict(small())
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").touch()
    assert "other things than menus" in run("export", str(tmp_path / "other")).output
    assert run("import", "new", "--owner", "sam", files=trapping()).exit_code == 0
    (draft,) = drafts.open()
    assert (draft.owner, draft.base, drafts.files(draft.id)) == ("sam", 2, trapping())


def test_with_four_eyes_nobody_publishes_what_they_made(run: Callable[..., Result]) -> None:
    eyes = small(hotline=HOTLINE + "publish: four-eyes\n")
    assert run("publish", "new", files=eyes).exit_code == 0
    assert "somebody else" in run("publish", "new", files=MORNING).output
    assert "somebody else" in run("publish", "new", "--by", "sam", "--author", "sam", files=MORNING).output
    assert run("publish", "new", "--by", "sam", "--author", "ann", files=MORNING).stdout == "version 3 answers\n"
