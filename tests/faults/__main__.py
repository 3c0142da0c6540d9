"""Runs the proofs in full: `python -m tests.faults`, or one of them, `python -m tests.faults doubled_turns 200`.

`python -m tests.faults all 10000` is the storm: calls under all that can go wrong at once;
`python -m tests.faults kill 50` kills server, jobs and PostgreSQL in turn under load.
"""

import os
import sys
from importlib import import_module
from typing import Final

import pytest

# Each test by its file, the variable that says how much of it, and how much is the full form; none where all is done.
FULL: Final = {
    "random_callers": ("RANDOM_CALLS", "2000"),
    "doubled_turns": ("DOUBLED_CALLS", "200"),
    "killed_server": ("KILLS", "200"),
    "locked_database": ("LOCKS", "50"),
    "races": ("RACES", "200"),
    "restarted_desk": ("RESTARTS", "20"),
    "published_amid_calls": ("PUBLICATIONS", "100"),
    "dead_wallet": ("DEAD_CALLS", "300"),
    "killed_publisher": ("PUBLISHER_KILLS", "200"),
    "killed_freezes": ("FREEZES", "500"),
    "crowd": ("CROWD", "2000"),
    "fuzz": ("FUZZ", "100"),
    "crawl": ("FUZZ", "100"),
    "canary": ("CANARY_CALLS", "200"),
    "doctor": ("", ""),
    "backup_load": ("BACKUPS", "20"),
    "yaml_text": ("YAML_TEXTS", "40000"),
}
STORMS: Final = {
    "all": "tests.faults.storm",
    "kill": "tests.faults.kills",
    "deploy": "tests.faults.deploy",
}  # Which are no tests, and need their own words.


def main(name: str = "", amount: str = "") -> int:
    """Run one test, or all, in full form; return pytest's exit code, or 2 for a name that there is none of."""
    if name and name not in FULL:
        print(f"{__doc__}\nThere is no {name!r}, but: {', '.join((*STORMS, *FULL))}.")
        return 2
    chosen = {name: FULL[name]} if name else FULL
    for variable, full in chosen.values():
        if variable:
            os.environ[variable] = amount or full
    return pytest.main(["-s", "-n0", *(f"tests/test_{test}.py" for test in chosen)])


if __name__ == "__main__":
    if storm := STORMS.get("".join(sys.argv[1:2])):
        sys.exit(import_module(storm).main(sys.argv[2:]))
    sys.exit(main(*sys.argv[1:]))
