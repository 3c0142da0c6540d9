"""A caller's data as one ZIP that a person can read: calls as pages of text, recordings, and all of it as JSON."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import groupby
from pathlib import Path
from shutil import copyfileobj
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

from ivr import transcript
from ivr.flow import record
from ivr.flow.flow import Flow
from ivr.store.personal import Kept
from ivr.store.shelf import Sound
from ivr.store.vault import Vault
from ivr.transcript import Script

# What means nothing to anybody else: keyed hashes, by which rows are found.
OURS: Final = ("caller_hash", "number_hash", "who_hash", "caller_last4", "number_last4", "digested", "previous", "hash")


@dataclass(frozen=True, slots=True)
class Sounds:
    """Where recordings lie: those of talks in one room of the vault, all others in another."""

    vault: Vault

    def of(self, row: Mapping[str, Any]) -> Sound | None:
        """Return a recording, or None where it is not here."""
        try:
            return self.vault.open(_name(row)) if row["file"] else None
        except FileNotFoundError:
            return None

    def delete(self, row: Mapping[str, Any]) -> bool:
        """Have a recording gone; False where it was not here."""
        if here := self.of(row) is not None:
            self.vault.delete(_name(row))
        return here


def export(kept: Kept, file: Path, flow: Flow, sounds: Sounds) -> None:
    """Write it all; raise FileExistsError for a file that is there, and OSError."""
    with ZipFile(file, "x", ZIP_DEFLATED) as packed:
        told: dict[str, Any] = {
            one.name: [_plain(row) for row in getattr(kept, one.name)] for one in fields(kept) if one.name != "mentions"
        }
        told["turns"] = [
            _plain(row) | {"events": json.loads(row["events"])}
            for row in kept.turns
            if row["call_id"] not in kept.mentions
        ]
        told["named in other calls"] = list(kept.mentions)
        packed.writestr("caller.json", json.dumps(told, ensure_ascii=False, indent=1, default=str))
        for name, page in _pages(kept, flow):
            packed.writestr(name, page)
        for row in kept.messages:
            if sound := sounds.of(row):
                with packed.open(f"recordings/{row['kind']}-{row['id']}.wav", "w") as written:
                    copyfileobj(sound, written, 1 << 20)


def _pages(kept: Kept, flow: Flow) -> Iterator[tuple[str, str]]:
    found = {call: list(rows) for call, rows in groupby(kept.turns, lambda row: row["call_id"])}
    for row in kept.calls:
        events = [event for turn in found.get(row["id"], []) for event in record.read(turn["events"])]
        at: datetime = row["started_at"].astimezone(flow.zone)
        head = transcript.head(Script(row["id"], at, row["caller"]))
        yield f"calls/{at:%Y%m%d-%H%M}-{row['id']}.txt", "\n".join([*head, *transcript.lines(events, flow.base)]) + "\n"


def _name(row: Mapping[str, Any]) -> str:
    return f"{'calls' if row['kind'] == 'talk' else 'messages'}/{row['file']}"


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in OURS}


def counted(kept: Kept) -> Sequence[tuple[str, int]]:
    """Return how many of each there are."""
    return [(one.name, len(getattr(kept, one.name))) for one in fields(kept)]
