"""Looks whether what we are built on has known holes; `python -m tests.audit` fails loudly where it could not look.

pip-audit says that there are none, and ends well, where it reaches no advisories. So a release with known holes is
asked about as well: whoever finds none in that has looked nowhere. Of what the pages bring along OSV is asked itself.
Exit codes: 0 none, 1 some, 2 nobody could look.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import requests

ROOT: Final = Path(__file__).resolve().parents[1]
PINNED: Final = ROOT / ".ci" / "constraints.txt"
LOCKED: Final = ROOT / "ivr" / "web" / "package-lock.json"
USUAL: Final = "the usual service"  # of pip-audit
OSV: Final = "https://api.osv.dev/v1"
SECONDS: Final = 300
BLIND: Final = (
    "NOT ALL WAS AUDITED: NOBODY KNOWS WHETHER WHAT WE ARE BUILT ON HAS HOLES. RUN IT WHERE ADVISORIES ARE REACHED."
)
NONE, SOME, NOT_LOOKED = 0, 1, 2
Asked = Callable[[str, str], Mapping[str, Any] | str]


@dataclass(frozen=True, slots=True)
class Kind:
    """Releases of a kind, a line `name==version` each, and whom to ask about them.

    The `probe` has had advisories for years, by each of the services.
    """

    name: str
    pins: str
    probe: str
    services: Sequence[str]
    ask: Asked


def main() -> int:
    """Ask the services of each kind in turn until one has advisories; print what was found, return the exit code."""
    codes, said = list[int](), list[str]()
    for kind in kinds():
        code = NOT_LOOKED
        for service in kind.services:
            code, told = judged(kind, service)
            said += told
            if code != NOT_LOOKED:
                break
        codes.append(code)
    if NOT_LOOKED in codes:
        said.append(BLIND)
    print(*said, sep="\n")
    return SOME if SOME in codes else max(codes)


def kinds() -> tuple[Kind, Kind]:
    """Return all that we are built on."""
    locked = json.loads(LOCKED.read_text("utf-8"))["packages"]
    named = {path.rpartition("node_modules/")[2]: one["version"] for path, one in locked.items() if path}
    pages = "\n".join("==".join(one) for one in named.items())
    return (
        Kind("Python", PINNED.read_text("utf-8"), "urllib3==1.24.1", (USUAL, "osv"), asked),
        Kind("the pages", pages, "lodash==4.17.4", ("osv",), asked_of_pages),
    )


def judged(kind: Kind, service: str) -> tuple[int, list[str]]:
    """Return the exit code for what a service says, and the lines to print."""
    probe, named = kind.ask(service, kind.probe), f"{kind.name}, {service}"
    if isinstance(probe, str) or not any(one.get("vulns") for one in probe["dependencies"]):
        return NOT_LOOKED, [f"{named}: finds no hole in {kind.probe}, which has some: {_why(probe)}"]
    told = kind.ask(service, kind.pins)
    if isinstance(told, str):
        return NOT_LOOKED, [f"{named}: {told}"]
    parts = told["dependencies"]
    found = [_hole(one, hole) for one in parts for hole in one.get("vulns", ())]
    passed = [f"{one['name']} was not looked at: {one['skip_reason']}" for one in parts if "skip_reason" in one]
    count = len(parts) - len(passed)
    code = SOME if found else NOT_LOOKED if passed else NONE
    return code, [*found, *passed, f"{named}: {count} releases audited, {len(found)} known holes"]


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


def asked_of_pages(_: str, pins: str) -> Mapping[str, Any] | str:
    """Ask OSV about these releases of npm's; return its answer as pip-audit has it, or why there is none."""
    parts = [line.rpartition("==")[::2] for line in pins.splitlines()]
    queries = [{"package": {"name": name, "ecosystem": "npm"}, "version": version} for name, version in parts]
    try:
        told = requests.post(f"{OSV}/querybatch", json={"queries": queries}, timeout=SECONDS)
        told.raise_for_status()
        return {
            "dependencies": [
                {"name": name, "version": version, "vulns": [*_advisories(name, one.get("vulns", ()))]}
                for (name, version), one in zip(parts, told.json()["results"], strict=True)
            ]
        }
    except (requests.RequestException, ValueError, KeyError) as error:
        return f"no answer: {type(error).__name__}"


def _advisories(name: str, found: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in found:
        told = requests.get(f"{OSV}/vulns/{one['id']}", timeout=SECONDS)
        told.raise_for_status()
        mine = [of for of in told.json()["affected"] if of.get("package", {}).get("name") == name]
        ranges = [span for of in mine for span in of.get("ranges", ())]
        fixed = sorted({event["fixed"] for span in ranges for event in span["events"] if "fixed" in event})
        yield {"id": one["id"], "fix_versions": fixed}


def _why(probe: Mapping[str, Any] | str) -> str:
    if isinstance(probe, str):
        return probe
    return next((one["skip_reason"] for one in probe["dependencies"] if "skip_reason" in one), "it knows of none")


if __name__ == "__main__":
    sys.exit(main())
