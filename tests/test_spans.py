"""Days are added up by their months, and come to just those days, however they lie."""

from collections import Counter
from datetime import date
from random import Random

from ivr.reports.spans import DAY, MANY, following, parts

SEED = 5


def test_the_parts_come_to_every_day_once_and_to_no_other() -> None:
    chance = Random(SEED)
    for _ in range(2_000):
        since = date(2024, 1, 1) + chance.randint(0, 1_000) * DAY
        until = since + chance.randint(0, 800) * DAY
        counted = Counter[date]()
        for part in parts(since, until):
            assert part.since < part.until
            if part.whole:
                assert (part.since.day, part.until.day) == (1, 1)
            for number in range((part.until - part.since).days):
                counted[part.since + number * DAY] += part.sign
        assert {day for day, times in counted.items() if times} == {
            since + number * DAY for number in range((until - since).days + 1)
        }
        assert set(counted.values()) <= {0, 1}


def test_few_days_are_read_beside_the_months_of_a_year() -> None:
    for first in range(365):
        since = date(2025, 1, 1) + first * DAY
        found = parts(since, since + 364 * DAY)
        assert sum((part.until - part.since).days for part in found if not part.whole) <= 32
    assert len(parts(date(2026, 1, 1), date(2026, 1, 1) + (MANY - 1) * DAY)) == 1
    assert following(date(2026, 12, 31)) == date(2027, 1, 1)
