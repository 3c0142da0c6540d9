"""The waiting are told a range that holds for eight of ten, from what really happened, and why if it grows."""

import random
from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.desk.estimate import Case, Longer, Promise, Range, Standing, covering, estimate, hit_rate, slot, told

MONDAY_TEN = 10
PLAIN = settings(derandomize=True, deadline=None, max_examples=300)


def waits(*minutes: float, ahead: int = 5, agents: int = 10, slot: int = MONDAY_TEN) -> list[Case]:
    """Cases that waited so many minutes each."""
    return [Case(minute * 60, ahead, agents, slot) for minute in minutes]


SPREAD = waits(*(4 + number / 20 for number in range(100)))  # 4 to 9 minutes, evenly


def test_the_range_is_where_eight_of_ten_like_cases_fell() -> None:
    assert estimate(SPREAD, 5, 10, 0, MONDAY_TEN) == Range(5, 9)


def test_what_remains_is_told_and_not_what_is_over() -> None:
    assert estimate(SPREAD, 5, 10, 4 * 60, MONDAY_TEN) == Range(1, 5)


def test_whoever_has_waited_long_is_compared_with_those_who_waited_longer_still() -> None:
    many = waits(*[1.5] * 300, *[20 + number / 10 for number in range(40)])
    assert estimate(many, 5, 10, 0, MONDAY_TEN) == Range(1, 2)
    remains = estimate(many, 5, 10, 10 * 60, MONDAY_TEN)
    assert remains
    assert remains.low >= 10


def test_nothing_is_told_below_the_floor_of_data() -> None:
    assert estimate(SPREAD[:29], 5, 10, 0, MONDAY_TEN) is None
    assert estimate(SPREAD[:30], 5, 10, 0, MONDAY_TEN) is not None
    assert estimate(SPREAD[:29], 5, 10, 0, MONDAY_TEN, floor=29) is not None
    assert estimate([], 5, 10, 0, MONDAY_TEN, floor=0) is None


def test_nothing_is_told_while_no_agent_is_on() -> None:
    assert estimate(SPREAD, 5, 0, 0, MONDAY_TEN) is None


def test_the_same_hour_of_the_week_says_more_than_others() -> None:
    history = [*waits(*[2.5] * 50, slot=MONDAY_TEN), *waits(*[12] * 50, slot=MONDAY_TEN + 1)]
    assert estimate(history, 5, 10, 0, MONDAY_TEN) == Range(2, 3)
    later = estimate(history, 5, 10, 0, MONDAY_TEN + 1)
    assert later
    assert later.low >= 11


def test_where_nobody_stood_alike_more_people_ahead_and_fewer_agents_take_longer_in_proportion() -> None:
    usual = estimate(SPREAD, 5, 10, 0, MONDAY_TEN)
    far = estimate(SPREAD, 23, 10, 0, MONDAY_TEN)
    few = estimate(SPREAD, 5, 2, 0, MONDAY_TEN)
    assert usual
    assert far
    assert few
    assert 4 * usual.low - 4 <= far.low <= 4 * usual.low + 4
    assert 5 * usual.low - 5 <= few.low <= 5 * usual.low + 5


def test_whoever_waited_longer_than_anybody_is_still_told_something() -> None:
    # Six people to ten agents took 6.5 minutes on average: so the next talk to end, if it may end at any moment.
    assert estimate(SPREAD, 5, 10, 60 * 60, MONDAY_TEN) == Range(0, 15)


@PLAIN
@given(st.lists(st.floats(0, 3600), min_size=1, max_size=200))
def test_a_range_covers_eight_of_ten_and_no_narrower_one_does(seconds: list[float]) -> None:
    span = covering(seconds)

    def inside(low: int, high: int) -> float:
        return sum(low * 60 <= value <= high * 60 for value in seconds) / len(seconds)

    assert 0 <= span.low < span.high
    assert inside(span.low, span.high) >= 0.8
    width = span.high - span.low - 1
    assert width == 0 or all(inside(low, low + width) < 0.8 for low in range(61))


def test_what_is_told_comes_true_for_eight_of_ten_who_wait_as_the_others_did() -> None:
    chance = random.Random(7)

    def wait() -> float:
        return chance.gammavariate(6, 100)

    history = [Case(wait(), 5, 10, MONDAY_TEN) for _ in range(1000)]
    promises = []
    for took in (wait() for _ in range(1000)):
        for waited in (0, 200, 400):
            span = estimate(history, 5, 10, waited, MONDAY_TEN)
            promises += [Promise(span, took - waited)] if took > waited and span else []
    rate = hit_rate(promises)
    assert rate
    assert 0.78 <= rate <= 0.9


def test_a_shorter_range_is_told_as_it_is() -> None:
    assert told(None, Range(4, 6)) == (Range(4, 6), None)
    assert told(Range(4, 6), Range(4, 6)) == (Range(4, 6), None)
    assert told(Range(4, 6), Range(2, 4)) == (Range(2, 4), None)
    assert told(Range(2, 8), Range(4, 6)) == (Range(4, 6), None)


def test_a_longer_range_is_never_told_without_its_reason() -> None:
    before, now = Range(2, 4), Range(4, 6)
    assert told(before, now) == (now, Longer.SLOWER)
    assert told(Range(3, 4), Range(2, 5)) == (Range(2, 5), Longer.SLOWER)
    assert told(before, now, Standing(5, 10), Standing(5, 10)) == (now, Longer.SLOWER)
    assert told(before, now, Standing(5, 10), Standing(8, 10)) == (now, Longer.URGENT)
    assert told(before, now, Standing(5, 10), Standing(8, 9)) == (now, Longer.FEWER_AGENTS)


def test_the_hit_rate_counts_both_ends_of_the_range_as_inside() -> None:
    span = Range(1, 2)
    assert hit_rate([]) is None
    assert hit_rate([Promise(span, seconds) for seconds in (59, 60, 120, 121)]) == 0.5


def test_the_hour_of_the_week_is_counted_from_monday() -> None:
    assert slot(datetime(2026, 11, 23, 10, 59)) == MONDAY_TEN
    assert slot(datetime(2026, 11, 29, 23)) == 167
