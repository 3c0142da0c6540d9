"""Which ways calls took through the menus, and where they were left."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import pairwise

from sqlalchemy import ColumnElement, Connection, func, literal, select

from ivr.reports.facts import STEP
from ivr.reports.measures import CALLS
from ivr.store.fact_tables import facts


def passing(place: str) -> Mapping[str, ColumnElement[bool]]:
    """Return what finds the calls that `came` to a place, and that were hung up there (`left`)."""
    path, step = literal(STEP) + facts.c.path + STEP, f"{STEP}{place}{STEP}"
    return {
        "came": path.contains(step, autoescape=True),
        "left": CALLS["gone"].where & path.endswith(step, autoescape=True),
    }


def counted(connection: Connection, since: datetime, until: datetime) -> Iterator[tuple[str, str, Mapping[str, int]]]:
    """Yield the cut, the key and the sums of calls that began then.

    The cut `place`, by version and place: calls that `came`, and that were hung up there (`left`). The cut `step`, by
    version, from and to: `calls` that went so. A call counts once for a place or a step, however often it came by.
    """
    gone = CALLS["gone"].where
    query = select(facts.c.version, facts.c.path, gone.label("gone"), func.count().label("calls"))
    found = query.where(facts.c.started_at >= since, facts.c.started_at < until, facts.c.path != "")
    places, steps = dict[str, Counter[str]](), Counter[str]()
    for version, path, left, number in connection.execute(found.group_by(facts.c.version, facts.c.path, gone)):
        came = path.split(STEP)
        for place in set(came):
            places.setdefault(f"{version}{STEP}{place}", Counter())["came"] += number
        if left:
            places[f"{version}{STEP}{came[-1]}"]["left"] += number
        for step in {f"{version}{STEP}{one}{STEP}{two}" for one, two in pairwise(came)}:
            steps[step] += number
    yield from (("place", key, sums) for key, sums in places.items())
    yield from (("step", key, {"calls": number}) for key, number in steps.items())
