"""A program of its own that reads menus and walks all states of a call, so that a server's calls do not wait for it.

`python -m ivr.editor.proving` reads JSON from its input, and writes what it found as JSON.
"""

import json
import os
import sys
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from ivr.editor.reading import Here, read
from ivr.editor.rehearsals import findings, saved
from ivr.flow import record
from ivr.flow.events import Heard
from ivr.flow.flow import Flow
from ivr.flow.problem import Problem
from ivr.flow.prove.laws import Trap
from ivr.flow.prove.proof import Proof, prove
from ivr.flow.prove.told import told

NICER: Final = 5  # Calls go first.


def answer(question: str) -> dict[str, Any]:
    """Return what is wrong with the menus, what traps callers in them, and what is proven of them in figures."""
    asked = json.loads(question)
    here = Here(frozenset(asked["recorded"]), frozenset(asked["music"]), tuple(asked["prefixes"]))
    flow, problems = read(asked["files"], here)
    if flow is None:
        return {"problems": [_problem(one) for one in problems], "traps": [], "figures": {}, "rehearsals": []}
    proof = prove(flow, datetime.fromisoformat(asked["now"]))
    return {
        "problems": [_problem(one) for one in saved(asked["files"])[1]],
        "traps": [_trap(flow, one) for one in proof.traps],
        "figures": figures(flow, proof),
        "rehearsals": list(findings(asked["files"], flow)),
    }


def figures(flow: Flow, proof: Proof) -> dict[str, Any]:
    """Return what is proven in figures, ready for JSON."""
    return {
        "nodes": len(flow.nodes),
        "languages": list(flow.words),
        "states": proof.states,
        "steps": proof.steps,
        "hours": proof.hours,
        "slow": asdict(proof.slow),
        "wide": asdict(proof.wide),
        "goals": {name: {"seconds": spent, "keys": keys} for name, (spent, keys) in proof.goals.items()},
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {"file": problem.file, "line": problem.line, "words": problem.words}


def _trap(flow: Flow, trap: Trap) -> dict[str, Any]:
    heard = [Heard(way.by.heard, way.at) for way in trap.way]
    return {
        "place": trap.place,
        "words": trap.words,
        "told": told(flow, trap),
        "inputs": json.loads(record.write(heard)),
    }


if __name__ == "__main__":
    os.nice(NICER)
    sys.stdout.write(json.dumps(answer(sys.stdin.read()), ensure_ascii=False))
