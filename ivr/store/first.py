"""Whether anybody may log in yet, told without loading what logins need."""

from sqlalchemy import Engine, exists, select, table

people = table("people")


def anybody(engine: Engine) -> bool:
    """Tell whether there is anybody; no connection stays open, as a server may fork after this."""
    with engine.connect() as connection:
        found = bool(connection.scalar(select(exists().select_from(people))))
    engine.dispose()
    return found
