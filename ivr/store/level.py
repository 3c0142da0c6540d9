"""At which step the tables of a database are, and whether this release can use them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

VERSIONS: Final = Path(__file__).parent / "migrations" / "versions"


def known() -> list[str]:
    """Return the revisions this release knows, oldest first, as the names of their files begin."""
    return sorted(path.stem.split("_")[0] for path in VERSIONS.glob("[0-9]*.py"))


def head() -> str:
    """Return the newest revision this release knows."""
    return known()[-1]


@dataclass(frozen=True, slots=True)
class Level:
    """The revision a database is at, None before its first; and `before`, that it was at until the last upgrade.

    The release of that one still serves while the next one is deployed, and may have to start again, or to be gone
    back to: every migration leaves it able to.
    """

    found: str | None
    before: str | None = None

    @property
    def good(self) -> bool:
        """Whether it has this release's tables."""
        return self.found == head()

    @property
    def newer(self) -> bool:
        """Whether a release that came after this one has upgraded it."""
        return self.found is not None and self.found not in known()

    @property
    def usable(self) -> bool:
        """Whether this release can use it: its tables are this release's, or those of the one that follows it."""
        return self.good or (self.newer and self.before in known())


def level(connection: Connection) -> Level:
    """Return at which revision a database is."""
    if not inspect(connection).has_table("alembic_version"):
        return Level(None)
    row = connection.execute(text("SELECT * FROM alembic_version")).mappings().first()
    return Level(row["version_num"], row.get("before")) if row else Level(None)


def came_from(connection: Connection, before: str | None) -> None:
    """Note at which revision a database was until it was upgraded just now."""
    connection.execute(text("UPDATE alembic_version SET before = :before"), {"before": before})
