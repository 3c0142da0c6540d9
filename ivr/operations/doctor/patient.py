"""Whom the doctor looks at: the settings, and what several checks need, found out once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ivr import folders
from ivr.editor.reading import read
from ivr.flow.flow import Flow
from ivr.flow.problem import Problem
from ivr.operations.deadline import Asked
from ivr.parts import here
from ivr.settings import Settings
from ivr.store.condition import Database, looked_at
from ivr.store.crypto import Cipher
from ivr.store.level import Level

SECONDS: Final = 4.0
READS: Final = 30.0  # Reading the menus takes two, and more on a busy machine, which is no fault.
FOR_EVER: Final = float("inf")
Menus = tuple[Flow | None, list[Problem], Mapping[str, str]]


@dataclass(frozen=True)
class Patient:
    """A hotline, whether it runs or not; nothing is changed in it."""

    found: Settings
    broken: frozenset[str]
    now: Callable[[], datetime]
    database: Database = field(init=False)
    level: Asked[Level] = field(init=False)
    menus: Asked[Menus] = field(init=False)

    def __post_init__(self) -> None:
        """Get ready to find out."""
        database = looked_at(self.found.database_url, Cipher(self.found.secrets))
        object.__setattr__(self, "database", database)
        object.__setattr__(self, "level", Asked(database.at, SECONDS, FOR_EVER))
        object.__setattr__(self, "menus", Asked(self._menus, READS, FOR_EVER))

    @property
    def live(self) -> bool:
        """Whether real calls are meant to come, and it is known from where."""
        return not self.found.practice and not any(name.startswith("TWILIO") for name in self.broken)

    @property
    def addressed(self) -> bool:
        """Whether we have an address."""
        return "PUBLIC_URL" not in self.broken

    def usable(self) -> bool:
        """Tell whether the database answers and has this release's tables; another check says why not."""
        try:
            return self.level.answer().usable
        except Exception:
            return False

    def flow(self) -> Flow | None:
        """Return what callers hear, None where the menus cannot be used."""
        return self.menus.answer()[0]

    def _menus(self) -> Menus:
        files = self._files()
        flow, problems = read(files, here(self.found))
        return flow, problems, files

    def _files(self) -> Mapping[str, str]:
        """Return the menus that answer, or those that will at the first start."""
        return (self.usable() and self.database.menus()) or folders.menus(self.found.menus)
