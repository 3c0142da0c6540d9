"""Opening hours: what `menus/hours.yaml` may say, and what a caller is told at every moment."""

import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from operator import itemgetter
from pathlib import Path
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import chinese_calendar
import pytest
from holidays import list_supported_countries
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from ivr.flow.hours import Opening, Schedule, Trouble, read
from ivr.flow.hours.calendar import country

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = 'queues: {general: {monday-friday: "09:00-18:00"}, fraud: always}\nholidays: CN\n'
MINUTE = timedelta(minutes=1)


def parsed(text: str) -> Mapping[str, Any]:
    data: Mapping[str, Any] = YAML().load(text)
    return data


def schedule(text: str = OFFICE, zone: str = "Asia/Shanghai") -> Schedule:
    made, troubles = read(parsed(text), zone)
    assert troubles == []
    assert made
    return made


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def told(now: Opening) -> tuple[bool, str, str]:
    return now.open, now.reason, now.why


# The calendar


def test_the_shipped_hours_are_read_without_trouble() -> None:
    folder = Path(__file__).parents[1] / "menus"
    made = schedule((folder / "hours.yaml").read_text(encoding="utf-8"))
    assert made.queues == parsed((folder / "queues.yaml").read_text(encoding="utf-8")).keys()
    assert made.at("general", at("2026-10-12 09:00")).open
    assert not made.at("general", at("2026-10-01 09:00")).open
    assert made.at("fraud", at("2026-10-01 03:00")).open


@pytest.mark.parametrize("year", range(2008, 2027))
def test_every_day_is_open_just_when_the_second_opinion_calls_it_a_workday(year: int) -> None:
    made, day = schedule(), date(year, 1, 1)
    while day.year == year:
        now = made.at("general", datetime.combine(day, time(10), SHANGHAI))
        assert now.open == chinese_calendar.is_workday(day), day
        assert (now.reason == "workday") == (now.open and day.weekday() >= 5), day
        day += timedelta(days=1)


@pytest.mark.parametrize("year", [2025, 2026])
def test_every_day_of_a_decreed_holiday_is_called_so_weekends_included(year: int) -> None:
    made, day = schedule(), date(year, 1, 1)
    while day.year == year:
        now = made.at("general", datetime.combine(day, time(10), SHANGHAI))
        off, name = chinese_calendar.get_holiday_detail(day)
        assert (now.reason == "holiday") == (off and name is not None), day
        assert bool(now.why) == (now.reason == "holiday"), day
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "chinese", "english"),
    [
        ("2026-01-01", "元旦", "New Year's Day"),
        ("2026-01-02", "元旦", "New Year's Day"),
        ("2026-02-15", "农历除夕", "Chinese New Year's Eve"),
        ("2026-02-23", "春节", "Chinese New Year"),
        ("2026-04-06", "清明节", "Tomb-Sweeping Day"),
        ("2025-10-08", "中秋节", "Mid-Autumn Festival"),
        ("2023-12-30", "元旦", "New Year's Day"),
    ],
)
def test_a_holiday_is_named_in_the_callers_language_without_remarks(day: str, chinese: str, english: str) -> None:
    now = schedule().at("general", at(f"{day} 10:00"))
    assert told(now) == (False, "holiday", chinese)
    assert now.names == {"zh-CN": chinese, "en-US": english}


def test_years_that_the_library_guesses_are_unknown_until_operations_enter_them() -> None:
    assert schedule().unknown(date(2026, 12, 1), 31) == []
    guessed = next(year for year in range(2027, 2100) if schedule().unknown(date(year, 1, 1), 1))
    first = date(guessed - 1, 12, 30)
    assert schedule().unknown(first, 4) == [date(guessed, 1, 1), date(guessed, 1, 2)]
    entered = f"{OFFICE}years: {{{guessed}: {{holidays: {{{guessed}-01-01: 元旦}}, workdays: []}}}}"
    assert schedule(entered).unknown(first, 4) == []
    assert schedule('queues: {general: {monday: "09:00-18:00"}}').unknown(first, 4) == []
    assert schedule(OFFICE.replace("CN", "US")).unknown(first, 4) == []


def test_a_year_is_known_just_when_its_weekend_workdays_are() -> None:
    """Every notice since 2008 has moved workdays to weekends; a guess never has one."""
    made = schedule()
    for year in range(2008, 2040):
        days = (datetime(year, 1, 1, 10, tzinfo=SHANGHAI) + timedelta(days=step) for step in range(365))
        moved = any(made.at("general", day).open for day in days if day.weekday() >= 5)
        assert (made.unknown(date(year, 1, 1), 1) == []) == moved, year


def test_any_country_of_the_library_can_be_named() -> None:
    codes = list(list_supported_countries())
    assert len(codes) > 200
    assert [country(code) for code in codes] == codes


def test_no_country_is_loaded_but_the_one_that_is_named() -> None:
    asked = "import sys; from ivr.flow.hours.calendar import country; country('CN'); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in loaded if name.startswith("holidays.countries.")] == ["holidays.countries.china"]


def test_an_entered_year_replaces_the_library() -> None:
    text = """
queues: {general: {monday-friday: "09:00-18:00"}}
holidays: CN
years:
  2026:
    holidays: {2026-03-02 to 2026-03-03: {zh-CN: 店庆, en-US: Anniversary}, 2025-12-31: 元旦}
    workdays: [2026-03-07, 2025-12-28]
"""
    made = schedule(text)
    assert told(made.at("general", at("2026-03-03 10:00"))) == (False, "holiday", "店庆")
    assert made.at("general", at("2026-03-02 10:00")).names["en-US"] == "Anniversary"
    assert told(made.at("general", at("2026-03-07 10:00"))) == (True, "workday", "")
    assert told(made.at("general", at("2026-10-01 10:00"))) == (True, "week", "")
    assert told(made.at("general", at("2025-12-31 10:00"))) == (False, "holiday", "元旦")
    assert told(made.at("general", at("2025-12-28 10:00"))) == (True, "workday", "")
    assert told(made.at("general", at("2025-10-01 10:00"))) == (False, "holiday", "国庆节")


# Minutes


@pytest.mark.parametrize("day", ["2026-10-12", "2026-10-10", "2026-09-20", "2026-02-14", "2026-02-28"])
def test_each_minute_around_opening_and_closing(day: str) -> None:
    """2026-10-12 is a Monday, the others are weekend workdays."""
    made, midnight = schedule(), at(f"{day} 00:00")
    for minute in range(24 * 60):
        now = made.at("general", midnight + minute * MINUTE)
        assert now.open == (9 * 60 <= minute < 18 * 60), minute
        assert now.until == (at(f"{day} 18:00") if now.open else None)
        assert (now.next is None) == now.open
        if minute < 9 * 60:
            assert now.next == at(f"{day} 09:00")
    second = timedelta(seconds=1)
    assert not made.at("general", at(f"{day} 09:00") - second).open
    assert made.at("general", at(f"{day} 18:00") - second).open


@pytest.mark.parametrize(
    ("moment", "reason", "following"),
    [
        ("2026-10-09 18:00", "week", "2026-10-10 09:00"),  # Friday evening before a weekend workday
        ("2026-10-10 18:00", "workday", "2026-10-12 09:00"),
        ("2026-10-11 12:00", "week", "2026-10-12 09:00"),
        ("2026-09-19 09:00", "week", "2026-09-20 09:00"),
        ("2026-09-30 18:00", "week", "2026-10-08 09:00"),  # the evening before the national holiday
        ("2026-02-14 18:00", "workday", "2026-02-24 09:00"),
        ("2026-02-17 12:00", "holiday", "2026-02-24 09:00"),
        ("2025-12-31 18:00", "week", "2026-01-04 09:00"),  # over the year's end, to a workday on a Sunday
        ("2026-10-12 08:59", "week", "2026-10-12 09:00"),
    ],
)
def test_the_next_opening_passes_holidays_and_finds_weekend_workdays(moment: str, reason: str, following: str) -> None:
    now = schedule().at("general", at(moment))
    assert (now.open, now.reason, now.next) == (False, reason, at(following))
    assert now.next is not None
    assert now.next.tzinfo is SHANGHAI


def test_a_moment_may_come_in_any_zone_but_must_have_one() -> None:
    made = schedule()
    assert made.at("general", datetime(2026, 10, 12, 1, tzinfo=UTC)).open
    assert not made.at("general", datetime(2026, 10, 12, 0, 59, 59, tzinfo=UTC)).open
    with pytest.raises(ValueError, match="no zone"):
        made.at("general", datetime(2026, 10, 12, 1))
    with pytest.raises(LookupError, match="'nobody' has no hours; queues with hours are general, fraud"):
        made.at("nobody", at("2026-10-12 09:00"))


# Spans


def test_a_lunch_break_closes_until_the_afternoon() -> None:
    made = schedule('queues: {general: {monday: "13:00-18:00，9:00－12:00"}}')
    assert made.at("general", at("2026-10-12 11:00")).until == at("2026-10-12 12:00")
    assert made.at("general", at("2026-10-12 12:00")).next == at("2026-10-12 13:00")
    assert made.at("general", at("2026-10-12 13:00")).until == at("2026-10-12 18:00")


def test_a_span_past_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    made = schedule('queues: {night: {"friday": "22:00-02:00"}}\nexceptions: [{date: 2026-10-17, hours: closed}]')
    assert made.at("night", at("2026-10-16 23:00")).until == at("2026-10-17 02:00")
    assert made.at("night", at("2026-10-17 01:59")).until == at("2026-10-17 02:00")
    assert told(made.at("night", at("2026-10-17 02:00"))) == (False, "exception", "")
    assert made.at("night", at("2026-10-17 02:00")).next == at("2026-10-23 22:00")


def test_spans_that_meet_at_midnight_are_one_opening() -> None:
    made = schedule('queues: {long: {monday: "09:00-24:00", tuesday: "00:00-03:00", wednesday: always}}')
    assert made.at("long", at("2026-10-12 10:00")).until == at("2026-10-13 03:00")
    assert made.at("long", at("2026-10-14 10:00")).until == at("2026-10-15 00:00")


def test_weekdays_are_written_in_both_languages_singly_and_as_spans() -> None:
    made = schedule('queues: {q: {周六至Monday: "09:00-10:00", "tue, 星期四": "10:00-11:00"}}')
    opened = [made.at("q", at(f"2026-10-{12 + day} 00:00")).next for day in range(7)]
    assert opened == [at(f"2026-10-{day}") for day in ("12 09:00", "13 10:00", "15 10:00", "15 10:00")] + [
        at(f"2026-10-{day} 09:00") for day in (17, 17, 18)
    ]


def test_always_means_day_and_night_on_holidays_too() -> None:
    assert schedule().at("fraud", at("2026-10-01 03:00")) == Opening(True, "week")


def test_a_queue_that_never_opens_has_no_next_opening() -> None:
    assert schedule("queues: {shut: {monday: closed}}").at("shut", at("2026-10-12 10:00")) == Opening(False, "week")


@pytest.mark.parametrize(
    ("queue", "moment", "following"),
    [
        ("general", "2026-10-12 10:00", "2026-10-12 10:00"),
        ("general", "2026-10-12 20:59", "2026-10-12 20:59"),
        ("general", "2026-10-12 21:00", "2026-10-13 09:00"),
        ("general", "2026-10-12 07:30", "2026-10-12 09:00"),
        ("general", "2026-10-09 23:30", "2026-10-12 09:00"),
        ("fraud", "2026-10-12 03:00", "2026-10-12 03:00"),
        ("fraud", "2026-10-14 03:00", "2026-10-14 06:00"),
        ("shut", "2026-10-12 10:00", None),
    ],
)
def test_customers_are_rung_back_at_decent_hours_and_at_any_by_a_queue_that_never_closes(
    queue: str, moment: str, following: str | None
) -> None:
    made = schedule("""
queues: {general: {monday-friday: "07:00-23:00"}, fraud: always, shut: {monday: closed}}
emergency: [{queues: [fraud], open: false, from: "2026-10-14 02:00", until: "2026-10-14 06:00"}]
""")
    assert made.rings(queue, at(moment)) == (at(following) if following else None)


def test_the_decent_hours_can_be_changed() -> None:
    made = schedule("queues: {general: {monday-sunday: always}}\ncallbacks: '10:00-12:00, 14:00-22:00'")
    assert made.rings("general", at("2026-10-12 12:30")) == at("2026-10-12 14:00")
    assert made.rings("general", at("2026-10-12 22:30")) == at("2026-10-13 10:00")


# What comes before what

RANKED = """
queues: {general: {monday-friday: "09:00-18:00"}, fraud: always}
holidays: CN
workday: friday
exceptions:
  - {date: 2026-02-16, hours: "09:00-12:00", queues: [general], why: 除夕}
  - {date: 2026-10-08, hours: closed, why: {zh-CN: 盘点, en-US: stock-taking}}
  - {date: 2026-10-09, hours: closed, queues: [fraud], why: 演练}
emergency:
  - {queues: [general], open: false, from: "2026-10-12 10:00", until: "2026-10-12 16:00", why: 台风}
  - {queues: [general], open: true, from: 2026-10-01 20:00, until: 2026-10-01 22:00:00, why: 故障}
  - {queues: [fraud, general], open: false, from: "2026-10-13 17:00", until: "2026-10-14 09:30"}
"""


@pytest.mark.parametrize(
    ("queue", "moment", "expected"),
    [
        ("general", "2026-02-16 10:00", (True, "exception", "除夕")),  # an exception before a holiday
        ("general", "2026-02-16 12:00", (False, "exception", "除夕")),
        ("general", "2026-10-08 10:00", (False, "exception", "盘点")),  # an exception before the week
        ("fraud", "2026-10-08 10:00", (True, "week", "")),  # what is always open must be named
        ("fraud", "2026-10-09 10:00", (False, "exception", "演练")),
        ("general", "2026-10-12 09:59", (True, "week", "")),
        ("general", "2026-10-12 10:00", (False, "emergency", "台风")),  # an emergency before the week
        ("general", "2026-10-12 15:59", (False, "emergency", "台风")),
        ("general", "2026-10-12 16:00", (True, "week", "")),
        ("general", "2026-10-01 19:59", (False, "holiday", "国庆节")),
        ("general", "2026-10-01 20:00", (True, "emergency", "故障")),  # an emergency before a holiday
        ("general", "2026-10-01 22:00", (False, "holiday", "国庆节")),
        ("fraud", "2026-10-13 17:00", (False, "emergency", "")),
        ("fraud", "2026-10-14 09:30", (True, "week", "")),
    ],
)
def test_emergency_before_exception_before_holiday_before_week(
    queue: str, moment: str, expected: tuple[bool, str, str]
) -> None:
    assert told(schedule(RANKED).at(queue, at(moment))) == expected


def test_openings_and_closings_of_emergencies_and_half_days_are_foreseen() -> None:
    made = schedule(RANKED)
    assert made.at("general", at("2026-02-16 10:00")).until == at("2026-02-16 12:00")
    assert made.at("general", at("2026-02-14 18:00")).next == at("2026-02-16 09:00")
    assert made.at("general", at("2026-10-12 09:30")).until == at("2026-10-12 10:00")
    assert made.at("general", at("2026-10-12 11:00")).next == at("2026-10-12 16:00")
    assert made.at("general", at("2026-10-13 12:00")).until == at("2026-10-13 17:00")
    assert made.at("general", at("2026-10-13 20:00")).next == at("2026-10-14 09:30")
    assert made.at("general", at("2026-10-01 12:00")).next == at("2026-10-01 20:00")
    assert made.at("fraud", at("2026-10-12 00:00")).until == at("2026-10-13 17:00")
    assert made.at("general", at("2026-10-08 12:00")).names["en-US"] == "stock-taking"


def test_a_weekend_workday_has_the_hours_of_the_weekday_that_is_named() -> None:
    text = 'queues: {general: {monday: "09:00-18:00", friday: "09:00-17:00"}}\nholidays: CN\nworkday: friday'
    assert schedule(text).at("general", at("2026-10-10 10:00")).until == at("2026-10-10 17:00")
    without = text.removesuffix("workday: friday")
    assert schedule(without).at("general", at("2026-10-10 10:00")).until == at("2026-10-10 18:00")


def test_an_emergency_without_beginning_counts_at_once() -> None:
    made = schedule(OFFICE + 'emergency: [{open: false, until: "2026-10-12 12:00"}]')
    assert told(made.at("general", at("2020-03-02 10:00"))) == (False, "emergency", "")
    assert made.at("general", at("2026-10-12 11:59")).next == at("2026-10-12 12:00")
    assert made.at("fraud", at("2026-10-12 11:59")).open


# Clocks that are changed


def test_hours_follow_the_wall_clock_when_it_is_changed() -> None:
    zone, text = ZoneInfo("America/New_York"), 'queues: {q: {sunday-saturday: "01:30-03:30, 22:00-23:00"}}'
    made = schedule(text, "America/New_York")
    spring, autumn = datetime(2026, 3, 8, 12, tzinfo=UTC), datetime(2026, 11, 1, 12, tzinfo=UTC)
    assert opened_minutes(made, spring - timedelta(hours=8), spring) == 60  # 02:00 to 03:00 does not exist
    assert opened_minutes(made, autumn - timedelta(hours=8), autumn) == 180  # 01:00 to 02:00 comes twice
    assert made.at("q", autumn).next == at("2026-11-01 22:00", zone)


@pytest.mark.parametrize(
    "zone", ["America/Havana", "Asia/Beirut", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Cairo"]
)
def test_every_instant_has_an_answer_where_midnight_comes_twice_or_never(zone: str) -> None:
    made = schedule('queues: {q: {sunday-saturday: "00:00-00:30, 23:00-24:00"}}', zone)
    for year in (2011, 2025, 2026):
        moment = datetime(year, 1, 1, tzinfo=UTC)
        for _ in range(365 * 24):
            made.at("q", moment)
            moment += timedelta(hours=1)


def opened_minutes(made: Schedule, start: datetime, end: datetime) -> int:
    minutes = int((end - start) / MINUTE)
    return sum(made.at("q", start + step * MINUTE).open for step in range(minutes))


# Any hours at all

clock = st.integers(0, 47).map(lambda half: f"{half // 2:02}:{half % 2 * 30:02}")
span = st.tuples(clock, clock).filter(lambda ends: ends[0] != ends[1]).map("-".join)
hours = st.one_of(st.just("closed"), span)
day = st.dates(date(2025, 12, 20), date(2026, 2, 28))
instants = st.datetimes(datetime(2025, 12, 25), datetime(2026, 2, 25)).map(lambda wall: wall.replace(tzinfo=UTC))
emergency = st.tuples(instants, st.integers(1, 60)).map(
    lambda given: {
        "from": given[0].replace(tzinfo=None),
        "until": given[0].replace(tzinfo=None) + given[1] * 30 * MINUTE,
    }
)
menus = st.fixed_dictionaries(
    {
        "queues": st.fixed_dictionaries(
            {"q": st.dictionaries(st.sampled_from(["monday", "tuesday-friday", "sunday"]), hours)}
        ),
        "holidays": st.sampled_from(["CN", "US"]),
        "exceptions": st.lists(
            st.fixed_dictionaries({"date": day, "hours": hours}), max_size=4, unique_by=itemgetter("date")
        ),
        "emergency": st.tuples(st.booleans(), st.lists(emergency, max_size=2)).map(
            lambda given: [{**entry, "open": given[0]} for entry in given[1]]
        ),
    }
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(menus, instants, st.sampled_from(["Asia/Shanghai", "America/New_York"]))
def test_the_next_change_is_a_change_and_nothing_changes_before(data: dict[str, Any], now: datetime, zone: str) -> None:
    made, troubles = read(data, zone)
    assert made, troubles
    opening = made.at("q", now)
    change = opening.until if opening.open else opening.next
    assert (opening.next if opening.open else opening.until) is None
    end = min(change or now + timedelta(days=3), now + timedelta(days=12))
    assert end > now
    steps = [now + step * 15 * MINUTE for step in range(int((end - now) / (15 * MINUTE)) + 1)]
    assert all(made.at("q", step).open == opening.open for step in steps if step < end)
    if change:
        assert made.at("q", change).open != opening.open
        assert made.at("q", change - timedelta(microseconds=1)).open == opening.open


# Speed


def test_a_call_costs_one_look_up() -> None:
    made, moments = schedule(), [at("2026-10-12 09:00") + step * MINUTE for step in range(500)]
    made.at("general", moments[0])
    best = min(timed(made, moments) for _ in range(5))
    assert best < 20e-6


def timed(made: Schedule, moments: list[datetime]) -> float:
    start = perf_counter()
    for moment in moments:
        made.at("general", moment)
    return (perf_counter() - start) / len(moments)


# What operations are told


TROUBLES = [
    ("{}", (), "“queues” is missing"),
    ("queues: {}", ("queues",), "no queue has hours"),
    ("queues: [general]", ("queues",), "must be `name: value`"),
    ("queues: {general: 5}", ("queues", "general"), "must be always, or weekdays with hours"),
    ("queues: {general: sometimes}", ("queues", "general"), "must be always, or weekdays with hours"),
    ("queues: {general: {mondy: closed}}", ("queues", "general", "mondy"), "no weekday; write monday to sunday"),
    (
        "queues: {general: {monday-tuesday-friday: closed}}",
        ("queues", "general", "monday-tuesday-friday"),
        "no span of week",
    ),
    ("queues: {general: {'monday, mon': closed}}", ("queues", "general", "monday, mon"), "names a weekday twice"),
    ("queues: {general: {monday: closed, 周一: always}}", ("queues", "general", "周一"), "already has hours above"),
    (
        "queues: {general: {monday: 1350}}",
        ("queues", "general", "monday"),
        "“1350” was not understood as hours; write it in q",
    ),
    ("queues: {general: {monday: 22:30}}", ("queues", "general", "monday"), "“22:30” is no span of hours"),
    ("queues: {general: {monday: false}}", ("queues", "general", "monday"), "“False” was not understood as hours"),
    ("queues: {general: {monday: }}", ("queues", "general", "monday"), "nothing is written here; hours is expected"),
    ("queues: {general: {monday: '9-18'}}", ("queues", "general", "monday"), "is no span of hours; write for example"),
    ("queues: {general: {monday: '09:00-25:00'}}", ("queues", "general", "monday"), "a time that no clock shows"),
    ("queues: {general: {monday: '09:60-10:00'}}", ("queues", "general", "monday"), "a time that no clock shows"),
    ("queues: {general: {monday: '24:00-10:00'}}", ("queues", "general", "monday"), "a time that no clock shows"),
    ("queues: {general: {monday: '09:00-09:00'}}", ("queues", "general", "monday"), "begins when it ends"),
    ("queues: {general: {monday: '09:00-12:00, 11:00-13:00'}}", ("queues", "general", "monday"), "overlap"),
    ("queues: {general: {monday: '01:00-03:00, 22:00-02:00'}}", ("queues", "general", "monday"), "overlap"),
    ("holiday: CN", ("holiday",), "“holiday” is no field here; the fields are queues, holidays, workday"),
    ("holidays: XX", ("holidays",), "“XX” is no country whose holidays are known"),
    ("workday: someday", ("workday",), "“someday” is no weekday"),
    ("workday: monday-friday", ("workday",), "more than one weekday"),
    ("workday: 1", ("workday",), "“1” was not understood as a weekday"),
    ("years: [2027]", ("years",), "must be `name: value`"),
    ("years: {27: {holidays: {}, workdays: []}}", ("years", "27"), "“27” is no year; write for example 2027"),
    ("years: {2027: {holidays: {}}}", ("years", "2027"), "“workdays” is missing"),
    (
        "years: {2027: {holidays: {2028-01-01: 元旦}, workdays: []}}",
        ("years", "2027", "holidays", "2028-01-01"),
        "belong to 2027",
    ),
    (
        "years: {2027: {holidays: {2027-01-01 to 2027-01-03: a, 2027-01-02: b}, workdays: []}}",
        ("years", "2027", "holidays", "2027-01-02"),
        "already a",
    ),
    (
        "years: {2027: {holidays: {2027-01-01: }, workdays: []}}",
        ("years", "2027", "holidays", "2027-01-01"),
        "a name is expected",
    ),
    (
        "years: {2027: {holidays: {}, workdays: [2027-02-08]}}",
        ("years", "2027", "workdays", 0),
        "is a Monday; only a Saturday",
    ),
    (
        "years: {2027: {holidays: {2027-02-07: 春节}, workdays: [2027-02-07]}}",
        ("years", "2027", "workdays", 0),
        "both a holiday and",
    ),
    ("years: {2027: {holidays: {}, workdays: {a: b}}}", ("years", "2027", "workdays"), "must be a list"),
    ("exceptions: [5]", ("exceptions", 0), "must be `name: value`"),
    ("exceptions: [{hours: closed}]", ("exceptions", 0), "“date” is missing"),
    ("exceptions: [{date: 2026-10-01}]", ("exceptions", 0), "“hours” is missing"),
    ("exceptions: [{date: '2026-02-30', hours: closed}]", ("exceptions", 0, "date"), "“2026-02-30” is no date"),
    ("exceptions: [{date: 2026-10-01 10:00:00, hours: closed}]", ("exceptions", 0, "date"), "write the date alone"),
    (
        "exceptions: [{date: 20261001, hours: closed}]",
        ("exceptions", 0, "date"),
        "was not understood as a date; write it like",
    ),
    ("exceptions: [{date: 2026-10-02 to 2026-10-01, hours: closed}]", ("exceptions", 0, "date"), "is no span of days"),
    ("exceptions: [{date: 2026-10-02 to 2028-10-01, hours: closed}]", ("exceptions", 0, "date"), "is no span of days"),
    ("exceptions: [{date: 2026-10-01, hours: 9}]", ("exceptions", 0, "hours"), "“9” was not understood as hours"),
    (
        "exceptions: [{date: 2026-10-01, hours: closed, queues: [vip]}]",
        ("exceptions", 0, "queues", 0),
        "the queues are general",
    ),
    ("exceptions: [{date: 2026-10-01, hours: closed, queues: []}]", ("exceptions", 0, "queues"), "no queue is named"),
    ("callbacks: closed", ("callbacks",), "nobody would ever be rung back"),
    ("exceptions: [{date: 2026-10-01, hours: closed, why: 3}]", ("exceptions", 0, "why"), "a name is expected"),
    (
        "exceptions: [{date: 2026-10-01, hours: closed, why: {fr-FR: x}}]",
        ("exceptions", 0, "why"),
        "fr-FR: not a language",
    ),
    (
        "exceptions: [{date: 2026-10-01, hours: closed}, {date: 2026-10-01, hours: always}]",
        ("exceptions", 1, "date"),
        "already has an exc",
    ),
    (
        "exceptions: [{date: 2026-10-01, hours: closed, reason: x}]",
        ("exceptions", 0, "reason"),
        "“reason” is no field here",
    ),
    ("emergency: [{open: true}]", ("emergency", 0), "“until” is missing"),
    ("emergency: [{until: '2026-10-01 10:00'}]", ("emergency", 0), "“open” is missing"),
    ("emergency: [{open: no, until: '2026-10-01 10:00'}]", ("emergency", 0, "open"), "“no” must be true or false"),
    ("emergency: [{open: true, until: 2026-10-01}]", ("emergency", 0, "until"), "is no moment; write date and time"),
    ("emergency: [{open: true, until: 22}]", ("emergency", 0, "until"), "“22” was not understood as a moment"),
    (
        "emergency: [{open: true, from: '2026-10-01 10:00', until: '2026-10-01 10:00'}]",
        ("emergency", 0, "until"),
        "must be later",
    ),
    (
        "emergency: [{open: true, until: '2026-10-01 10:00'}, {open: false, until: '2026-10-01 11:00'}]",
        ("emergency", 1),
        "another emergency says the opposite for general at the same time",
    ),
]


def whole(text: str) -> str:
    """Return hours.yaml in which a slip stands."""
    return text if text.startswith(("{}", "queues:")) else f"queues: {{general: {{monday: closed}}}}\n{text}"


@pytest.mark.parametrize(("text", "path", "words"), TROUBLES)
def test_every_slip_is_told_once_with_its_place(text: str, path: tuple[str | int, ...], words: str) -> None:
    made, troubles = read(parsed(whole(text)), "Asia/Shanghai")
    assert made is None
    assert [trouble.path for trouble in troubles] == [path]
    assert words in troubles[0].words


def test_all_troubles_are_told_at_once() -> None:
    text = """
queues: {general: {monday: 1350, mondy: closed}, fraud: often}
holidays: Mars
workday: none
years: {2027: {holidays: {2026-01-01: 元旦}, workdays: [monday]}}
exceptions: [{date: soon, hours: late, queues: [vip], why: 1, x: y}]
emergency: [{open: maybe, until: later}]
"""
    made, troubles = read(parsed(text), "Asia/Shanghai")
    assert made is None
    assert [trouble.path[-1] for trouble in troubles] == [
        *("monday", "mondy", "fraud", "holidays", "2026-01-01", 0, "workday"),
        *("x", "hours", "date", "why", 0, "open", "until"),
    ]
    assert all(isinstance(trouble, Trouble) and trouble.words for trouble in troubles)


def test_hours_read_as_text_alone_mean_the_same() -> None:
    """A loader may hand over every scalar as it is written, and only true, false and numbers as values."""

    def as_text(value: Any) -> Any:
        match value:
            case bool() | int():
                return value
            case dict():
                return {str(key): as_text(item) for key, item in value.items()}
            case list():
                return [as_text(item) for item in value]
        return str(value)

    made, troubles = read(as_text(parsed(RANKED)), "Asia/Shanghai")
    plain = schedule(RANKED)
    assert made, troubles
    for step in range(48 * 14):
        moment = at("2026-10-01 00:00") + step * 30 * MINUTE
        assert made.at("general", moment) == plain.at("general", moment)


def test_a_zone_that_does_not_exist_is_not_the_files_fault() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        read(parsed(OFFICE), "Asia/Peking")
