"""Every page in tests/calls is a whole call that goes as it is written."""

import shutil
from pathlib import Path

import pytest

from ivr import transcript
from ivr.flow.nodes.lookup import Lookup as Ask
from ivr.flow.questions import QUESTIONS
from tests.desk_site import real_flow
from tests.pages import call, moment
from tests.world import ROOT, ZONE, world

CALLS = Path(__file__).parent / "calls"
PAGES = sorted(CALLS.glob("*.txt"))
WALLET = sorted((CALLS / "wallet").glob("*.txt"))  # Every answer of the wallet's to every question, and all refusals.
EMERGENCY = CALLS / "emergency" / "emergency.yaml"


def menus(file: Path, folder: Path) -> Path:
    """Return the folder of the menus that a page is about: those that we ship, or the same under emergencies."""
    if file.parent != EMERGENCY.parent:
        return ROOT / "menus"
    shutil.copytree(ROOT / "menus", folder)
    shutil.copy(EMERGENCY, folder)
    return folder


@pytest.mark.parametrize("file", PAGES + WALLET + sorted(EMERGENCY.parent.glob("*.txt")), ids=lambda file: file.stem)
def test_the_call_goes_as_written(file: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    written = file.read_text("utf-8")
    script, does = transcript.read(written, file.name)
    with world(tmp_path, moment(script, ZONE).at, menus=menus(file, tmp_path / "menus")) as here:
        went = call(here, script, does)
        assert here.wrong() == []
    if request.config.getoption("--update"):
        file.write_text(went, "utf-8")
    assert went.splitlines() == (went if request.config.getoption("--update") else written).splitlines()


def test_every_matter_is_shown_in_both_languages_open_and_closed() -> None:
    matters = {
        file.stem
        for file in (CALLS.parents[1] / "menus").glob("*.yaml")
        if "\nmatter: " in "\n" + file.read_text("utf-8")
    }
    shown = {file.stem for file in PAGES}
    wanted = {
        f"{matter}-{hours}-{language}"
        for matter in matters
        for hours in ("open", "closed")
        for language in ("zh", "en")
    }
    assert wanted - shown == set()


def test_every_answer_to_every_question_is_shown_in_both_languages_and_by_both_proofs() -> None:
    asks = {place: node.ask for place, node in real_flow().nodes.items() if isinstance(node, Ask)}
    shown = set()
    for file in WALLET:
        matter, node, *rest = file.stem.split("-")
        if (ask := asks.get(f"{matter}.{node}")) and f"\n~ the wallet: {rest[0]}\n" in file.read_text("utf-8"):
            shown.add((ask, *rest))
    wanted = {
        (question, came, *way, language)
        for question in set(asks.values())
        for came in QUESTIONS[question].all
        for way in ((("pin",), ("code",)) if QUESTIONS[question].proven else ((),))
        for language in ("zh", "en")
    }
    assert wanted - shown == set()
    assert QUESTIONS.keys() - set(asks.values()) == {"account", "check_pin", "check_code", "send_code"}  # See `verify`.
