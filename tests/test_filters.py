"""Searches that people keep, on both databases."""

from sqlalchemy import Engine

from ivr.store.filters import Filters
from tests.desks import Clock


def test_a_search_is_kept_once_by_a_name_and_that_is_told(engine: Engine) -> None:
    filters = Filters(engine, Clock())
    assert filters.save("sam", "fraud", "queue=fraud")
    assert not filters.save("sam", "fraud", "queue=general")
    assert filters.save("ann", "fraud", "queue=general")
    (kept,) = filters.of("sam")
    assert (kept.name, kept.query) == ("fraud", "queue=fraud")
    assert not filters.drop("ann", kept.id)
    assert filters.drop("sam", kept.id)
    assert not filters.drop("sam", kept.id)
