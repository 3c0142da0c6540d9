"""The gate's proof, made by a program of its own: what it finds, and what is said where it cannot be made."""

import sys
from collections.abc import Callable
from typing import Any

import pytest

from ivr.editor import gate
from ivr.editor.gate import Gate, GateError
from ivr.editor.proving import answer
from ivr.editor.reading import Here
from tests.small import small
from tests.test_prove import ALONE, MENU, TRAPS
from tests.world import OPEN

GOOD = {"hotline": ALONE, "main": MENU}


@pytest.fixture
def look(menus_proven_once: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., gate.Finding]:
    """Return what a gate finds in the small menus, some of them changed, by the program as it is really started."""
    monkeypatch.setattr(gate, "_asked", menus_proven_once)
    made = Gate(lambda: Here(frozenset(), frozenset({"hold.wav"}), ("+86",)))

    def found(**changed: str) -> gate.Finding:
        files = small(**{**GOOD, **changed})
        return made.look({name: text for name, text in files.items() if "/" not in name}, OPEN)

    return found


def test_the_program_finds_what_the_proof_finds(look: Callable[..., gate.Finding]) -> None:
    fine = look()
    assert fine.holds, fine.told()
    assert fine.figures["traps"] == 0
    changed, said, place = TRAPS["a round of misses"]
    (trap,) = look(**changed).traps
    assert trap["place"] == place
    assert said in f"{trap['told']} {trap['words']}"
    (problem,) = look(main=MENU.replace("kind: menu", "kind: meny")).problems
    assert (problem.file, problem.line) == ("main.yaml", 1)


def test_what_was_looked_at_is_not_looked_at_again(
    look: Callable[..., gate.Finding], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = look()
    monkeypatch.setattr(gate, "_asked", lambda _: pytest.fail("it was asked again"))
    assert look() is found


def test_a_proof_that_takes_too_long_or_breaks_off_says_so(
    look: Callable[..., gate.Finding], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "SECONDS", 0.01)
    with pytest.raises(GateError, match=r"not done after 0\.01 s: the menus have too many states"):
        look()
    monkeypatch.setattr(gate, "SECONDS", 60)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(GateError, match="the proof broke off: its program ended with 1"):
        look()
    with pytest.raises(ValueError):
        answer("no question")
