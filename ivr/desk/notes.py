"""An agent's notes while they talk: drafts, until the talk is wrapped up."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, and_, select, union_all

from ivr.store.desk_tables import drafts, line, wrapups
from ivr.store.engine import opened
from ivr.store.tables import INSERT


@dataclass(frozen=True, slots=True)
class Notes:
    """Keeps drafts."""

    engine: Engine
    now: Callable[[], datetime]

    def write(self, place: str, agent: str, text: str) -> None:
        """Keep what an agent has noted of a talk so far."""
        self._keep(place, agent, note=text)

    def read(self, place: str, agent: str) -> str:
        """Return what an agent has noted of a talk so far."""
        theirs = (drafts.c.line == place) & (drafts.c.agent == agent)
        with opened(self.engine) as connection:
            return connection.scalar(select(drafts.c.note).where(theirs)) or ""

    def others(self, call_id: str, place: str, agent: str) -> tuple[tuple[str, str], ...]:
        """Return who noted what of this call besides, in order: the colleagues who had the caller before."""

        def of(table: Any) -> Any:
            columns = select(table.c.agent, table.c.note, table.c.at).join(line, line.c.id == table.c.line)
            mine = and_(table.c.line == place, table.c.agent == agent)
            return columns.where(line.c.call_id == call_id, ~mine)

        with opened(self.engine) as connection:
            found = connection.execute(union_all(of(drafts), of(wrapups))).all()
        return tuple((row.agent, row.note) for row in sorted(found, key=lambda row: row.at) if row.note)

    def belongs(self, place: str, agent: str, case: str) -> None:
        """Keep to which case a talk belongs."""
        self._keep(place, agent, case=case)

    def case(self, place: str, agent: str) -> str | None:
        """Return to which case a talk belongs, so far as that was said."""
        theirs = (drafts.c.line == place) & (drafts.c.agent == agent)
        with opened(self.engine) as connection:
            return connection.scalar(select(drafts.c.case).where(theirs))

    def _keep(self, place: str, agent: str, **told: Any) -> None:
        told |= {"at": self.now()}
        new = {"line": place, "agent": agent, "note": "", "case": None}
        with self.engine.begin() as connection:
            insert = INSERT[connection.dialect.name](drafts).values(new | told)
            connection.execute(insert.on_conflict_do_update(index_elements=["line", "agent"], set_=told))
