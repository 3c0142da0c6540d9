"""A flow of Twilio Studio becomes menus as far as our kinds reach; all the rest is told, each with its place."""

import re
from collections.abc import Mapping
from pathlib import Path

from ivr.editor.studio import read
from ivr.flow.load import load
from ivr.flow.problem import Problem
from ivr.flow.prove.proof import prove
from tests.small import small
from tests.world import OPEN

FLOWS = Path(__file__).parent / "studio"
EMPTY = re.compile(r"^( *)([\w.-]+):$(?!\n\1 )", re.MULTILINE)
GAPS = {"main.repair_told.say", "repair_line.start.say"}


def flow(name: str) -> str:
    """Return one of the flows that lie here as Studio saves them."""
    return (FLOWS / f"{name}.json").read_text("utf-8")


def imported(name: str) -> tuple[dict[str, str], list[str]]:
    """Return the menus that a flow makes in the small hotline, and what they could not carry."""
    files, left = read(flow(name), small())
    return files, [f"{one.file}:{one}" for one in left]


def problems(files: Mapping[str, str]) -> list[Problem]:
    """Return what `menus check` would tell."""
    return load(files)[1]


def completed(files: Mapping[str, str], **gaps: str) -> dict[str, str]:
    """Return the menus with each word written that was left empty."""
    done = dict(files)
    for name, text in files.items():
        words = "Words" if "/" in name else "词语"
        done[name] = EMPTY.sub(
            lambda empty, words=words: f"{empty[1]}{empty[2]}: {words}{gaps.get(empty[2], '')}", text
        )
    return done


def test_a_plain_flow_needs_nothing_but_the_other_languages_words() -> None:
    files, _ = imported("shop")
    assert {problem.words for problem in problems(files)} == {
        f"{field!r} is empty: fill it in" for field in ("say", "for", "help", "matter", "name")
    }
    assert "main.main_menu.choices.sales_line: For sales\n" in files["languages/en-US.yaml"]


def test_a_plain_flow_is_proven_once_its_words_are_complete() -> None:
    files, _ = imported("shop")
    done = completed(files)
    done["repair_line.yaml"] = done["repair_line.yaml"].replace("say: 词语", "say: 词语{repair_number:digits}")
    made, found = load(done)
    assert made is not None, found
    proof = prove(made, OPEN)
    assert [trap.words for trap in proof.traps] == []
