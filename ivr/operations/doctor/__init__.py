"""The doctor: looks at all that a newcomer gets wrong, and says in plain words what is to be done."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

import click

from ivr.operations.deadline import Asked, Late
from ivr.operations.doctor import carrier, database, disk, given, menus, network, others, people, work
from ivr.operations.doctor.finding import Finding, wrong
from ivr.operations.doctor.given import Given, forgiving
from ivr.operations.doctor.patient import READS, SECONDS, Patient

Check = Callable[[Patient], Iterator[Finding]]
CHECKS: Final[tuple[Check, ...]] = (
    network.running,
    network.certificate,
    network.arrival,
    carrier.account,
    carrier.lines,
    carrier.codes,
    carrier.logs,
    database.reached,
    database.kept,
    database.opened,
    database.alone,
    disk.folders,
    disk.spool,
    menus.menus,
    menus.holidays,
    menus.prompts,
    people.people,
    others.wallet,
    others.mail,
    others.notices,
    others.transcriber,
    others.traces,
    work.jobs,
    work.bucket,
)
READING: Final = (carrier.lines, carrier.logs, menus.menus, menus.holidays, menus.prompts)  # These read the menus.
SENT: Final[Mapping[str, str]] = {
    "arrival": "PUBLIC_URL",
    "lines": "number",
    "logs": "Twilio",
    "reached": "database",
    "bucket": "recordings",
}


def findings(told: Given, root: Path, now: Callable[[], datetime]) -> list[Finding]:
    """Return all that is found, in the order of the checks; none of them ends the others.

    None takes longer than four seconds, but for those that read the menus, which is work and nothing that hangs.
    """
    found = list(given.told(told, root))
    if told.found is None:
        return found
    patient = Patient(told.found, told.broken, now)
    try:
        with ThreadPoolExecutor(len(CHECKS)) as threads:
            for one in threads.map(partial(_looked, patient), CHECKS):
                found += one
    finally:
        patient.database.close()
    return found


def _looked(patient: Patient, check: Check) -> list[Finding]:
    about, seconds = SENT.get(check.__name__, check.__name__), READS if check in READING else SECONDS
    try:
        return Asked(lambda: list(check(patient)), seconds).answer()
    except Late:
        return [wrong(about, f"no answer within {seconds:.0f} s", "see what it waits for: a firewall, a proxy, a lock")]
    except Exception as error:
        return [wrong(about, f"it could not be looked at: {type(error).__name__}: {error}", "mend the others first")]


def examine(environment: Mapping[str, str], root: Path, now: Callable[[], datetime]) -> None:
    """Print all that is found where these settings hold; end the program with 1 if anything must be mended."""
    found = findings(forgiving(environment, root), root, now)
    for one in found:
        click.echo(str(one))
    wrongs, warnings = (sum(one.level == level for one in found) for level in ("wrong", "warning"))
    click.echo(f"{wrongs} to be mended, {warnings} to be watched" if wrongs or warnings else "all is well")
    if wrongs:
        raise SystemExit(1)
