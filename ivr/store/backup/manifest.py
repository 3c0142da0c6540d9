"""What a backup says of itself: by which program it was made, when, and what is in it, with sums."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from ivr.store.backup.vault import BadBackupError

NAME: Final = "manifest.json"
FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Rows:
    """A table: its columns in the order of its lines, so many rows, a line each, and the lines' sha256."""

    columns: tuple[str, ...]
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in a backup, and how the database was: all of what was written before `moment` is in it.

    `database` is sqlite or postgresql, `migration` the level of its tables, `files` a sha256 by `folder/name`.
    """

    program: str
    database: str
    migration: str
    moment: datetime
    tables: Mapping[str, Rows]
    files: Mapping[str, str]

    def text(self) -> str:
        """Return it as JSON."""
        told = {"format": FORMAT, **asdict(self), "moment": self.moment.isoformat()}
        return json.dumps(told, ensure_ascii=False, indent=1)


def parsed(text: str) -> Manifest:
    """Return what `Manifest.text` gave; raise BadBackupError for anything else."""
    try:
        told: dict[str, Any] = json.loads(text)
        if told.pop("format") != FORMAT:
            raise BadBackupError("the backup was made by a newer program: update this one")
        tables = {name: Rows(tuple(one["columns"]), one["rows"], one["sha256"]) for name, one in told["tables"].items()}
        return Manifest(**told | {"moment": datetime.fromisoformat(told["moment"]), "tables": tables})
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadBackupError("the backup's manifest cannot be read") from None
