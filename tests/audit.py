"""Looks whether what we are built on has known holes; `python -m tests.audit` fails loudly where it could not look.

pip-audit says that there are none, and ends well, where it reaches no advisories. So a release with known holes is
asked about as well: whoever finds none in that has looked nowhere. Exit codes: 0 none, 1 some, 2 nobody could look.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

PINNED: Final = Path(__file__).resolve().parents[1] / ".ci" / "constraints.txt"
USUAL: Final = "the usual service"  # of pip-audit
PROBE: Final = ("urllib3", "1.24.1")  # Has had advisories since 2019, by each of the services.
SERVICES: Final = (USUAL, "osv")
SECONDS: Final = 300
BLIND: Final = (
    "NOTHING WAS AUDITED: NOBODY KNOWS WHETHER WHAT WE ARE BUILT ON HAS HOLES. RUN IT WHERE ADVISORIES ARE REACHED."
)
NONE, SOME, NOT_LOOKED = 0, 1, 2
Asked = Callable[[str, str], Mapping[str, Any] | str]


def main() -> int:
    """Ask the services in turn until one has advisories; print what was found, and return the exit code."""
    code, said = NOT_LOOKED, list[str]()
    for service in SERVICES:
        code, told = judged(service, asked)
        said += told
        if code != NOT_LOOKED:
            break
    if code == NOT_LOOKED:
        said.append(BLIND)
    print(*said, sep="\n")
    return code


def judged(service: str, ask: Asked) -> tuple[int, list[str]]:
    """Return the exit code for what a service says, and the lines to print."""
    probe = ask(service, "==".join(PROBE))
    if isinstance(probe, str) or not any(one.get("vulns") for one in probe["dependencies"]):
        return NOT_LOOKED, [f"{service}: finds no hole in {' '.join(PROBE)}, which has some: {_why(probe)}"]
    told = ask(service, PINNED.read_text("utf-8"))
    if isinstance(told, str):
        return NOT_LOOKED, [f"{service}: {told}"]
    parts = told["dependencies"]
    found = [_hole(one, hole) for one in parts for hole in one.get("vulns", ())]
    passed = [f"{one['name']} was not looked at: {one['skip_reason']}" for one in parts if "skip_reason" in one]
    count = len(parts) - len(passed)
    code = SOME if found else NOT_LOOKED if passed else NONE
    return code, [*found, *passed, f"{service}: {count} releases audited, {len(found)} known holes"]


def _hole(part: Mapping[str, Any], hole: Mapping[str, Any]) -> str:
    mended = ", ".join(hole["fix_versions"]) or "no release"
    return f"{part['name']} {part['version']}: {hole['id']}, mended in {mended}"


def asked(service: str, pins: str) -> Mapping[str, Any] | str:
    """Have pip-audit ask a service about these releases; return its answer, or why there is none."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pins.txt"
        file.write_text(pins, "utf-8")
        where = [] if service == USUAL else ["-s", service]
        command = [sys.executable, "-m", "pip_audit", *where, "-r", str(file), "-f", "json"]
        quiet = ["--no-deps", "--disable-pip", "--progress-spinner", "off"]
        try:
            done = subprocess.run(command + quiet, capture_output=True, text=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return f"no answer in {SECONDS} s"
    try:
        return dict(json.loads(done.stdout))
    except ValueError:
        return (done.stderr.strip() or f"pip-audit ended with {done.returncode}").splitlines()[-1]


def _why(probe: Mapping[str, Any] | str) -> str:
    if isinstance(probe, str):
        return probe
    return next((one["skip_reason"] for one in probe["dependencies"] if "skip_reason" in one), "it knows of none")


if __name__ == "__main__":
    sys.exit(main())
