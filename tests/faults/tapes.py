"""What became of each recording that a caller made: work with its sound, or a reason why there is none."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import select

from ivr.store.desk_tables import line
from ivr.store.tables import messages
from tests.light.company import Tape
from tests.light.stage import Stage

BY_CALLER: Final = "RecordVerb"
REASONED: Final = ("absent", "failed")


def unkept(stage: Stage) -> Iterator[tuple[str, str]]:
    """Yield the calls whose recording is not what it must be, each with what is missing."""
    with stage.parts.engine.connect() as connection:
        rows = {row.recording_sid: row for row in connection.execute(select(messages))}
        work = set(connection.scalars(select(line.c.recording).where(line.c.recording.is_not(None))))
    for tape in stage.company.tapes.values():
        if tape.source == BY_CALLER and tape.seconds and (why := _why(stage, tape, rows.get(tape.sid), work)):
            yield tape.call, f"{tape.sid} of {tape.seconds} s {why}"


def _why(stage: Stage, tape: Tape, row: object, work: set[str]) -> str:
    match getattr(row, "state", None), getattr(row, "kind", ""):
        case None, _:
            return "is known to nobody"
        case "fetched", kind:
            file = stage.project / "recordings" / "messages" / str(getattr(row, "file", ""))
            if not file.exists():
                return "has no file"
            return "" if kind == "remark" or tape.sid in work else "is nobody's work"
        case state, _ if state in REASONED:
            return "" if getattr(row, "error", "") else f"is {state} without a reason"
        case state, _:
            return f"is still {state}"
