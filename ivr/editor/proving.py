"""A program of its own that reads menus and walks all states of a call, so that a server's calls do not wait for it.

`python -m ivr.editor.proving` reads JSON from its input, and writes what it found as JSON.
"""

import json
import os
import sys
from datetime import datetime
from typing import Any, Final

from ivr.editor.reading import Here, read
from ivr.editor.rehearsals import findings, saved
from ivr.flow import record
from ivr.flow.events import Heard
from ivr.flow.flow import Flow
from ivr.flow.problem import Problem
from ivr.flow.prove.laws import Trap
from ivr.flow.prove.played import inputs
from ivr.flow.prove.proof import figures, prove
from ivr.flow.prove.told import steps, told

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
        "figures": figures(proof) | {"nodes": len(flow.nodes)},
        "rehearsals": list(findings(asked["files"], flow)),
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {"file": problem.file, "line": problem.line, "words": problem.words}


def _trap(flow: Flow, trap: Trap) -> dict[str, Any]:
    heard = [Heard(one, at) for one, at in inputs(flow, trap)]
    return {
        "place": trap.place,
        "words": trap.words,
        "told": told(flow, trap),
        "steps": steps(flow, trap),
        "inputs": json.loads(record.write(heard)),
    }


if __name__ == "__main__":
    os.nice(NICER)
    sys.stdout.write(json.dumps(answer(sys.stdin.read()), ensure_ascii=False))
