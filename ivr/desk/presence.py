"""Whose page is still open: an agent who takes calls, and whose page is gone for long, is offline."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import Engine, select

from ivr.desk.agents import BROWSER
from ivr.desk.states import turned
from ivr.store.desk_tables import agents, pages
from ivr.store.engine import opened
from ivr.store.tables import INSERT

EVERY: Final = timedelta(seconds=30)
GONE: Final = timedelta(minutes=3)  # A page in the background, or whose server was away, asks once a minute.
log = structlog.get_logger()


@dataclass
class Presence:
    """Notes which agents' pages asked for news, in any process; whose phone is no browser needs no page.

    Nobody is thought gone before this process, and the database, have been there for as long as a page may be away.
    """

    engine: Engine
    now: Callable[[], datetime]
    _seen: dict[str, tuple[datetime, bool]] = field(default_factory=dict)
    _told: dict[str, bool] = field(default_factory=dict)
    _begun: datetime | None = None
    _looked: datetime | None = None

    def saw(self, agent: str, ends: bool) -> None:
        """Note that an agent's page asks, now; and whether it is one that says when they end a talk."""
        self._seen[agent] = self.now(), ends

    def tend(self) -> None:
        """Write down who was seen, for all processes, and have those be offline whose page is gone; now and then.

        Who is new is written down at once: were they lost in their first talk, it must be known what their page says.
        """
        now = self.now()
        if self._looked and now < self._looked + EVERY and not self._anew():
            return
        if self._begun is None or self._looked is None or now > self._looked + 2 * EVERY:
            self._begun = now  # Or it stood still, or the database was away: pages could not say that they are there.
        self._write()
        self._looked = now
        if now > self._begun + GONE:
            for agent in self._gone(now):
                log.warning("an agent's page is gone", agent=agent)

    def _anew(self) -> bool:
        return any(self._told.get(agent) != ends for agent, (_, ends) in self._seen.copy().items())

    def _write(self) -> None:
        seen, self._seen = self._seen, {}  # What cannot be written now is seen again within a second.
        known = sorted(seen.copy().items())  # Whoever is noted there just now is so again soon.
        if not known:
            return
        with self.engine.begin() as connection:
            insert = INSERT[connection.dialect.name](pages)
            rows = [{"agent": agent, "at": at, "ends": ends} for agent, (at, ends) in known]
            told, later = {"at": insert.excluded.at, "ends": insert.excluded.ends}, insert.excluded.at > pages.c.at
            connection.execute(insert.on_conflict_do_update(index_elements=["agent"], set_=told, where=later), rows)
        self._told |= {agent: ends for agent, (_, ends) in known}

    def _gone(self, now: datetime) -> Iterator[str]:
        """Have who is gone be offline, and yield them."""
        late = (pages.c.at < now - GONE) & (agents.c.since < now - GONE)
        free = (agents.c.state == "available") & agents.c.phone.startswith(BROWSER, autoescape=True)
        query = select(agents.c.id).join(pages, pages.c.agent == agents.c.id).where(free, late)
        with opened(self.engine) as connection:
            found = list(connection.scalars(query))
        for agent in found:
            with self.engine.begin() as connection:
                if turned(connection, agent, ("available",), "offline", now, reason="gone"):
                    yield agent
