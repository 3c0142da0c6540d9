"""People's second factors as the database keeps them, encrypted: read, and put in the place of one another."""

import json
from typing import Final

from sqlalchemy import Engine, Text, cast, select, update

from ivr.store.engine import begun, opened
from ivr.store.people import people

NAMES: Final = ("tf_totp_secret", "mf_recovery_codes")  # Encrypted, each by another key than the other.


def factors(engine: Engine, name: str) -> list[tuple[int, str]]:
    """Return what is kept of everybody's second factor of this name: whose, and the text in the database."""
    query = select(people.c.id, cast(people.c[name], Text)).where(people.c[name].is_not(None))
    with opened(engine) as connection:
        return [(row[0], row[1]) for row in connection.execute(query) if row[1] not in ("", "null", "[]")]


def exchange(engine: Engine, name: str, person: int, kept: str, new: str) -> bool:
    """Keep a text in the place of another; return False where that is not there any more."""
    mine = (people.c.id == person) & (cast(people.c[name], Text) == kept)
    told = json.loads(new) if name == "mf_recovery_codes" else new
    with begun(engine) as connection:
        return connection.execute(update(people).where(mine).values({name: told})).rowcount == 1
