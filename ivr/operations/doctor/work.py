"""The work after the calls: whether somebody does it, and where recordings go."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import uuid4

from ivr import errands
from ivr.operations.doctor.finding import Finding, well, wrong
from ivr.operations.doctor.patient import Patient
from ivr.reports.standing import standing
from ivr.store.shelf import Shelf

PROBE: Final = b"written by the hotline's doctor; it may be deleted"
LATE: Final = timedelta(minutes=5)  # A call's digest is written within seconds of its end.


def jobs(patient: Patient) -> Iterator[Finding]:
    """Yield whether the jobs were done lately, where a process of their own is to do them."""
    if patient.found.aside.jobs != "apart" or not patient.usable():
        return
    now = patient.now()
    many, since = standing(patient.database.engine, now).work["digest"]
    if since and now - since > LATE:
        words = (
            f"JOBS=apart, and nobody does them: {many} calls wait to be digested, the first since {since:%F %H:%M} UTC"
        )
        yield wrong(
            "jobs", words, "start `flask --app app jobs`: recordings, SMS, notices and reports wait for it, too"
        )
    else:
        yield well("jobs", "no call waits to be digested")


def bucket(patient: Patient) -> Iterator[Finding]:
    """Yield whether recordings can be kept in their bucket, by one of ours that is gone afterwards."""
    if patient.found.aside.bucket is None:
        return
    shelf, name = errands.vault(patient.found).shelf, f"doctor/{uuid4().hex}.probe"
    steps: tuple[tuple[str, Callable[[], object]], ...] = (
        ("written to", partial(_put, shelf, name)),
        ("read from", partial(_read, shelf, name)),
        ("listed", lambda: list(shelf.names("doctor"))),
        ("deleted from", partial(shelf.delete, name)),
    )
    for what, step in steps:
        try:
            step()
        except OSError as error:
            do = "correct RECORDINGS_URL, its endpoint, region, key and secret, and what the key may do there"
            yield wrong("recordings", f"the bucket cannot be {what}: {error}", do)
            return
    yield well("recordings", "the bucket can be written to, read, listed and deleted from")


def _put(shelf: Shelf, name: str) -> None:
    with shelf.put(name) as file:
        file.write(PROBE)


def _read(shelf: Shelf, name: str) -> None:
    if shelf.read(name, 0, len(PROBE)) != PROBE:
        raise OSError("it gives something else than was put there")
