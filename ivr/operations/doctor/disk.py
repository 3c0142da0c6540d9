"""The disk: room, and folders that can be written to."""

import os
import shutil
from collections.abc import Iterator
from math import inf
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

from ivr.operations.doctor.finding import Finding, warning, well, wrong
from ivr.operations.doctor.patient import Patient
from ivr.store.condition import file_of

LEAST: Final = 100_000_000  # Bytes, below which recordings are lost first, and turns a little later.
ENOUGH: Final = 1_000_000_000
LATELY: Final = 60.0  # Seconds in which a server that runs takes out of the spool what the database can take.
PROBE: Final = b"x" * 65536


def folders(patient: Patient) -> Iterator[Finding]:
    """Yield how each folder is that something is written to."""
    found = patient.found
    told = {"RECORDINGS_DIR": found.recordings, "instance/": found.instance, "LIFEBOAT_DIR": found.bundles}
    if file := file_of(found.database_url):
        told["the database's folder"] = file.parent
    for name, folder in told.items():
        yield from _folder(name, folder)


def _folder(name: str, folder: Path) -> Iterator[Finding]:
    there = next((one for one in (folder, *folder.parents) if one.exists()), Path("/"))
    try:
        if not there.is_dir():
            raise NotADirectoryError(20, "a file is in its place")
        free = shutil.disk_usage(there).free
        with TemporaryFile(dir=there) as probe:
            probe.write(PROBE)
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        do = "make room" if error.errno == 28 else "let whoever runs the hotline write there, or name another"
        yield wrong("disk", f"{name} ({folder}) cannot be written to: {error.strerror}", do)
        return
    if free < ENOUGH:
        level = wrong if free < LEAST else warning
        yield level(
            "disk",
            f"{name} ({folder}) has {free // 1_000_000} MB left",
            "make room: recordings are lost first, then calls",
        )
    else:
        yield well("disk", f"{name} can be written to, {free // 1_000_000_000} GB are left")


def spool(patient: Patient) -> Iterator[Finding]:
    """Yield what lies in the spool of this machine, and is not written down yet, or cannot be."""
    folder, long_ago = patient.found.instance / "spool", patient.now().timestamp() - LATELY
    if waiting := sum(_since(file) < long_ago for file in folder.glob("*.fact")):
        words = f"{waiting} facts wait in {folder}, on this machine alone, for the database to take them"
        do = "start a server here; or, before you take the machine away, move them into another one's instance/spool"
        yield warning("spool", words, do)
    failed = len(list(folder.glob("*.failed")))
    if failed:
        do = "look into the log for `never to be written`; they are reports or messages of callers"
        yield warning("spool", f"{failed} facts in {patient.found.instance / 'spool'} were set aside", do)


def _since(file: Path) -> float:
    """Return since when a file is there; of one that is gone meanwhile, that it never was."""
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return inf
