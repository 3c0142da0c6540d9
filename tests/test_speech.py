"""Numbers, amounts, dates, digit strings and keys, as callers hear them in each language."""

import inspect
import re
from datetime import date, datetime, time, timedelta
from importlib import import_module
from itertools import pairwise, product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date, format_time
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ivr.flow import speech
from ivr.flow.hours.notation import weekday
from ivr.flow.speech import Voice, languages, voice_of
from ivr.flow.words import fill

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 10, 2, 20, 0, tzinfo=ZONE)  # a Friday
KEYS = "0123456789*#"
HAN, LATIN = re.compile(r"[\u3000-\u9fff\uff00-\uffef]"), re.compile(r"[A-Za-z]")

zh, en = voice_of("zh-CN"), voice_of("en-US")
every_language = pytest.mark.parametrize("language", languages())
digit_strings = st.text("0123456789", max_size=40)
walls = st.datetimes(datetime(2020, 1, 1), datetime(2039, 12, 31)).map(lambda wall: wall.replace(tzinfo=ZONE))


# Every language


def test_languages_are_the_modules_of_the_folder() -> None:
    folder = Path(str(speech.__file__)).parent
    files = {file.stem.replace("_", "-") for file in folder.glob("*.py") if not file.stem.startswith("_")}
    assert set(languages()) == files
    assert {"zh-CN", "en-US"} <= files


def test_a_language_nobody_speaks_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="no speech for the language 'fr-FR'; there is en-US, zh-CN"):
        voice_of("fr-FR")
    with pytest.raises(ValueError, match="no speech for the language '_digits'"):
        voice_of("_digits")


@every_language
def test_every_language_says_all_that_a_voice_says(language: str) -> None:
    module = import_module(f"ivr.flow.speech.{language.replace('-', '_')}")
    for name, promised in inspect.getmembers(Voice, inspect.isfunction):
        if not name.startswith("_"):
            given_names = list(inspect.signature(getattr(module, name)).parameters)
            assert given_names == list(inspect.signature(promised).parameters)[1:], name


@every_language
@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.integers(0, 10**13), st.integers(0, 90), st.integers(0, 90), walls, walls, digit_strings)
def test_no_language_writes_the_script_of_another(
    language: str, n: int, low: int, high: int, then: datetime, now: datetime, text: str
) -> None:
    voice = voice_of(language)
    foreign = LATIN if language.startswith("zh") else HAN
    said = [voice.number(n), voice.counted(n), voice.ordinal(n), voice.amount(n), voice.minutes(low, high)]
    said += [voice.date(then.date()), voice.time(then.time()), voice.moment(then, now), voice.digits(text)]
    said[:0] = [
        voice.weekdays(n % 7, low % 7),
        voice.days(then.date(), now.date()),
        voice.hours([(then.time(), now.time())]),
    ]
    assert not [words for words in said if foreign.search(words) or re.search(r"\d", words)]
    assert all(words.strip() for words in said[:-1])
    assert not [key for key in KEYS if foreign.search(voice.key(key))]


@every_language
@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.integers(0, 10**12 - 1), st.integers(0, 10**12 - 1))
def test_different_numbers_sound_different(language: str, one: int, other: int) -> None:
    voice = voice_of(language)
    for say in (voice.number, voice.counted, voice.ordinal, voice.amount):
        assert (say(one) == say(other)) == (one == other)


@every_language
def test_every_key_has_a_name_and_nothing_else_has(language: str) -> None:
    voice = voice_of(language)
    assert len({voice.key(key) for key in KEYS}) == len(KEYS)
    for key in ("", "10", "A", "１"):
        with pytest.raises(ValueError, match="no telephone has a key"):
            voice.key(key)
        with pytest.raises(ValueError, match="no telephone has a key"):
            voice.press("x", key)


# Digit strings


@pytest.mark.parametrize(
    ("text", "chinese", "english"),
    [
        ("13800138000", "幺三八，零零幺三，八零零零", "one three eight, zero zero one three, eight zero zero zero"),
        ("1234567890", "幺二三，四五六，七八九零", "one two three, four five six, seven eight nine zero"),
        ("12345678", "幺二三四，五六七八", "one two three four, five six seven eight"),
        ("95588", "九五五，八八", "nine five five, eight eight"),
        ("1234567", "幺二三四，五六七", "one two three four, five six seven"),
        ("110", "幺幺零", "one one zero"),
        ("2", "二", "two"),
        ("", "", ""),
        ("138-0013 8000", "幺三八，零零幺三，八零零零", "one three eight, zero zero one three, eight zero zero zero"),
        ("１３８", "幺三八", "one three eight"),
        ("f2026", "F二零，二六", "F two zero, two six"),
        ("账户#*", "", ""),
    ],
)
def test_digit_strings_are_said_digit_by_digit_in_groups(text: str, chinese: str, english: str) -> None:
    assert zh.digits(text) == chinese
    assert en.digits(text) == english


@settings(deadline=None, derandomize=True)
@given(digit_strings)
@example("1" * 200)
def test_no_digit_is_lost_and_groups_are_of_three_and_four(text: str) -> None:
    groups = zh.digits(text).split("，") if text else []
    assert "".join(groups) == text.translate(str.maketrans("0123456789", "零幺二三四五六七八九"))
    assert en.digits(text).replace(",", "").split() == [en.number(int(digit)) for digit in text]
    assert [len(group) for group in groups] == [len(group.split()) for group in en.digits(text).split(", ") if group]
    if len(text) > 5:
        assert {len(group) for group in groups} <= {3, 4}


# Numbers


@pytest.mark.parametrize(
    ("n", "alone", "counted", "ordinal"),
    [
        (0, "零", "零", "第零"),
        (1, "一", "一", "第一"),
        (2, "二", "两", "第二"),
        (10, "十", "十", "第十"),
        (12, "十二", "十二", "第十二"),
        (20, "二十", "二十", "第二十"),
        (22, "二十二", "二十二", "第二十二"),
        (100, "一百", "一百", "第一百"),
        (101, "一百零一", "一百零一", "第一百零一"),
        (102, "一百零二", "一百零二", "第一百零二"),
        (110, "一百一十", "一百一十", "第一百一十"),
        (200, "两百", "两百", "第二百"),
        (1000, "一千", "一千", "第一千"),
        (1005, "一千零五", "一千零五", "第一千零五"),
        (1010, "一千零一十", "一千零一十", "第一千零一十"),
        (2000, "两千", "两千", "第二千"),
        (10000, "一万", "一万", "第一万"),
        (10050, "一万零五十", "一万零五十", "第一万零五十"),
        (10086, "一万零八十六", "一万零八十六", "第一万零八十六"),
        (22000, "两万二千", "两万二千", "第二万二千"),
        (100002, "十万零二", "十万零二", "第十万零二"),
        (200000000, "两亿", "两亿", "第二亿"),
        (100001000, "一亿零一千", "一亿零一千", "第一亿零一千"),
        (100010000, "一亿零一万", "一亿零一万", "第一亿零一万"),
    ],
)
def test_chinese_numbers(n: int, alone: str, counted: str, ordinal: str) -> None:
    assert (zh.number(n), zh.counted(n), zh.ordinal(n)) == (alone, counted, ordinal)


@pytest.mark.parametrize(
    ("n", "cardinal", "ordinal"),
    [
        (0, "zero", "zeroth"),
        (2, "two", "second"),
        (10, "ten", "tenth"),
        (12, "twelve", "twelfth"),
        (20, "twenty", "twentieth"),
        (22, "twenty-two", "twenty-second"),
        (100, "one hundred", "one hundredth"),
        (101, "one hundred and one", "one hundred and first"),
        (110, "one hundred and ten", "one hundred and tenth"),
        (200, "two hundred", "two hundredth"),
        (1000, "one thousand", "one thousandth"),
        (1005, "one thousand and five", "one thousand and fifth"),
        (1200, "one thousand two hundred", "one thousand two hundredth"),
        (2000, "two thousand", "two thousandth"),
        (10000, "ten thousand", "ten thousandth"),
        (10050, "ten thousand and fifty", "ten thousand and fiftieth"),
        (100002, "one hundred thousand and two", "one hundred thousand and second"),
    ],
)
def test_english_numbers(n: int, cardinal: str, ordinal: str) -> None:
    assert (en.number(n), en.counted(n), en.ordinal(n)) == (cardinal, cardinal, ordinal)


def test_numbers_below_zero_and_beyond_hearing() -> None:
    assert (zh.number(-5), en.number(-5)) == ("负五", "minus five")
    assert zh.number(10**12) == zh.digits(str(10**12))
    assert en.number(-(10**12)) == f"minus {en.digits(str(10**12))}"


def heard(words: str) -> int:
    """The number that a listener makes of Chinese words: hundred millions, then ten thousands, then the rest."""
    total = 0
    for mark, worth in (("亿", 10**8), ("万", 10**4), ("", 1)):
        part, _, rest = words.partition(mark) if mark and mark in words else ("", "", words)
        total += worth * small(part if mark else rest)
        words = rest
    return total


def small(words: str) -> int:
    total, digit = 0, 0
    for sign in words.replace("两", "二"):
        if sign in "十百千":
            total, digit = total + (digit or 1) * 10 ** (" 十百千".index(sign)), 0
        else:
            digit = "零一二三四五六七八九".index(sign)
    return total + digit


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.one_of(st.integers(0, 120000), st.integers(0, 10**12 - 1)))
@example(95588)
@example(110)
@example(12306)
@example(10**8 + 1000)
@example(10**12 - 1)
def test_a_chinese_listener_hears_the_number_that_was_meant(n: int) -> None:
    assert heard(zh.number(n)) == heard(zh.counted(n)) == heard(zh.ordinal(n)[1:]) == n
    assert "两" not in zh.ordinal(n)


# Money and waiting


@pytest.mark.parametrize(
    ("fen", "chinese", "english"),
    [
        (0, "零元", "zero yuan"),
        (1, "一分", "one fen"),
        (2, "两分", "two fen"),
        (20, "两角", "twenty fen"),
        (55, "五角五分", "fifty-five fen"),
        (100, "一元", "one yuan"),
        (105, "一元零五分", "one yuan and five fen"),
        (110, "一元一角", "one yuan and ten fen"),
        (200, "两元", "two yuan"),
        (1200, "十二元", "twelve yuan"),
        (11000, "一百一十元", "one hundred and ten yuan"),
        (120050, "一千二百元五角", "one thousand two hundred yuan and fifty fen"),
        (100005, "一千元零五分", "one thousand yuan and five fen"),
        (200000, "两千元", "two thousand yuan"),
        (1005000, "一万零五十元", "ten thousand and fifty yuan"),
        (
            9999999,
            "九万九千九百九十九元九角九分",
            "ninety-nine thousand nine hundred and ninety-nine yuan and ninety-nine fen",
        ),
        (-250, "负两元五角", "minus two yuan and fifty fen"),
    ],
)
def test_amounts(fen: int, chinese: str, english: str) -> None:
    assert zh.amount(fen) == chinese
    assert en.amount(fen) == english


@pytest.mark.parametrize(
    ("low", "high", "chinese", "english"),
    [
        (3, 5, "三到五分钟", "about three to five minutes"),
        (5, 3, "三到五分钟", "about three to five minutes"),
        (1, 2, "一到两分钟", "about one to two minutes"),
        (2, 12, "两到十二分钟", "about two to twelve minutes"),
        (2, 2, "大约两分钟", "about two minutes"),
        (1, 1, "大约一分钟", "about one minute"),
        (0, 0, "不到一分钟", "less than one minute"),
        (0, 1, "不到一分钟", "less than one minute"),
        (0, 2, "不到两分钟", "less than two minutes"),
        (-3, 5, "不到五分钟", "less than five minutes"),
    ],
)
def test_waiting_times(low: int, high: int, chinese: str, english: str) -> None:
    assert zh.minutes(low, high) == chinese
    assert en.minutes(low, high) == english


# Days and times


@pytest.mark.parametrize(
    ("day", "chinese", "english"),
    [
        ("2026-10-09", "十月九日", "October ninth"),
        ("2026-02-02", "二月二日", "February second"),
        ("2028-02-29", "二月二十九日", "February twenty-ninth"),
        ("2026-12-31", "十二月三十一日", "December thirty-first"),
        ("2027-01-01", "一月一日", "January first"),
    ],
)
def test_dates(day: str, chinese: str, english: str) -> None:
    assert zh.date(date.fromisoformat(day)) == chinese
    assert en.date(date.fromisoformat(day)) == english


@pytest.mark.parametrize(
    ("clock", "chinese", "english"),
    [
        ("00:00", "凌晨零点", "midnight"),
        ("00:30", "凌晨零点半", "half past twelve in the morning"),
        ("02:02", "凌晨两点零二分", "two oh two in the morning"),
        ("06:00", "早上六点", "six in the morning"),
        ("09:00", "上午九点", "nine in the morning"),
        ("09:05", "上午九点零五分", "nine oh five in the morning"),
        ("11:59", "上午十一点五十九分", "eleven fifty-nine in the morning"),
        ("12:00", "中午十二点", "noon"),
        ("12:30", "中午十二点半", "half past twelve in the afternoon"),
        ("14:00", "下午两点", "two in the afternoon"),
        ("18:30", "下午六点半", "half past six in the evening"),
        ("20:10", "晚上八点十分", "eight ten in the evening"),
        ("22:00", "晚上十点", "ten at night"),
        ("23:59", "晚上十一点五十九分", "eleven fifty-nine at night"),
    ],
)
def test_times(clock: str, chinese: str, english: str) -> None:
    assert zh.time(time.fromisoformat(clock)) == chinese
    assert en.time(time.fromisoformat(clock)) == english


@pytest.mark.parametrize(
    ("then", "chinese", "english"),
    [
        ("2026-10-02 14:00", "今天下午两点", "today at two in the afternoon"),
        ("2026-10-03 09:00", "明天上午九点", "tomorrow at nine in the morning"),
        ("2026-10-04 12:00", "后天中午十二点", "the day after tomorrow at noon"),
        ("2026-10-05 09:00", "下周一上午九点", "on Monday at nine in the morning"),
        ("2026-10-08 09:00", "下周四上午九点", "on Thursday at nine in the morning"),
        ("2026-10-09 09:00", "下周五上午九点", "on Friday, October ninth, at nine in the morning"),
        ("2026-10-10 09:00", "十月十日星期六上午九点", "on Saturday, October tenth, at nine in the morning"),
        ("2026-10-03 00:00", "明天凌晨零点", "tonight at midnight"),
        ("2026-10-05 00:00", "下周一凌晨零点", "on Monday just after midnight"),
        ("2026-10-10 00:00", "十月十日星期六凌晨零点", "on Saturday, October tenth, just after midnight"),
        ("2026-10-01 18:30", "昨天下午六点半", "yesterday at half past six in the evening"),
        ("2026-09-30 18:00", "九月三十日星期三下午六点", "on Wednesday, September thirtieth, at six in the evening"),
        (
            "2027-01-04 09:00",
            "二零二七年一月四日星期一上午九点",
            "on Monday, January fourth, twenty twenty-seven, at nine in the morning",
        ),
    ],
)
def test_moments_as_seen_from_a_friday_evening(then: str, chinese: str, english: str) -> None:
    moment = datetime.fromisoformat(then).replace(tzinfo=ZONE)
    assert zh.moment(moment, NOW) == chinese
    assert en.moment(moment, NOW) == english


def test_days_months_and_the_parts_of_a_day_are_called_as_unicodes_tables_call_them() -> None:
    long_ago = NOW - timedelta(days=999)
    for day in (date(2026, month, day) for month in range(1, 13) for day in range(1, 8)):
        noon = datetime.combine(day, time(12), ZONE)
        assert zh.moment(noon, long_ago).endswith(f"{format_date(day, 'EEEE', 'zh_CN')}中午十二点")
        assert f" {format_date(day, 'EEEE', 'en_US')}, " in en.moment(noon, long_ago)
        assert en.date(day).startswith(f"{format_date(day, 'MMMM', 'en_US')} ")
        for width, language in product(("EEE", "EEEE"), ("zh_CN", "en_US")):
            assert weekday(format_date(day, width, language)) == day.weekday()
    for clock in (time(*divmod(minute, 60)) for minute in range(24 * 60)):
        assert zh.time(clock).startswith(format_time(clock, "B", locale="zh_CN").replace("午夜", "凌晨"))
        assert en.time(clock).endswith(format_time(clock, "B", locale="en_US"))


def test_a_weekday_of_the_week_that_has_begun_is_not_the_next() -> None:
    monday = datetime(2026, 10, 12, 8, tzinfo=ZONE)
    assert zh.moment(monday + timedelta(days=4, hours=1), monday) == "周五上午九点"
    assert zh.moment(monday + timedelta(days=6, hours=1), monday) == "周日上午九点"
    assert zh.moment(monday + timedelta(days=7, hours=1), monday) == "下周一上午九点"


def test_tomorrow_may_be_next_year() -> None:
    now = datetime(2026, 12, 31, 23, 59, 59, tzinfo=ZONE)
    assert zh.moment(datetime(2027, 1, 1, 9, tzinfo=ZONE), now) == "明天上午九点"
    assert en.moment(datetime(2027, 1, 3, 9, tzinfo=ZONE), now) == "on Sunday at nine in the morning"


def test_a_moment_is_told_by_the_clock_of_now_to_the_minute() -> None:
    utc = datetime(2026, 10, 3, 1, 0, 59, 999, tzinfo=ZoneInfo("UTC"))
    assert zh.moment(utc, NOW) == "明天上午九点"
    assert en.moment(utc, NOW) == "tomorrow at nine in the morning"


def test_a_moment_in_writing_is_the_same_whenever_it_is_read_and_by_the_clock_of_now() -> None:
    then = {"until": datetime(2026, 11, 6, 2, 5, tzinfo=ZoneInfo("UTC")).isoformat()}
    for now in (NOW, NOW + timedelta(days=40)):
        assert fill("到{until:stamp}。", then, "zh-CN", now) == "到11月6日10:05。"
        assert fill("The freeze ends {until:stamp}.", then, "en-US", now) == "The freeze ends Nov 6, 10:05."


@every_language
def test_every_minute_of_a_day_sounds_different(language: str) -> None:
    voice = voice_of(language)
    assert len({voice.time(time(*divmod(minute, 60))) for minute in range(24 * 60)}) == 24 * 60


@every_language
@settings(max_examples=100, deadline=None, derandomize=True)
@given(walls)
def test_the_coming_days_sound_different(language: str, now: datetime) -> None:
    voice = voice_of(language)
    told = [voice.moment(now + timedelta(days=step), now) for step in range(60)]
    assert all(one != other for one, other in pairwise(told))
    assert len(set(told)) == len(told)


# Keys


@pytest.mark.parametrize(
    ("key", "chinese", "english"),
    [
        ("2", "账户冻结，请按 2", "Account frozen, press 2"),
        ("0", "账户冻结，请按 0", "Account frozen, press 0"),
        ("*", "账户冻结，请按星号键", "Account frozen, press star"),
        ("#", "账户冻结，请按井号键", "Account frozen, press pound"),
    ],
)
def test_the_key_is_named_after_the_matter(key: str, chinese: str, english: str) -> None:
    assert zh.press("账户冻结", key) == chinese
    assert en.press("Account frozen", key) == english


def test_an_e_mail_address_is_said_so_that_it_can_be_written_down() -> None:
    assert (
        zh.address("ke-fu_1@mail.example.cn") == "K E，横杠，F U，下划线，幺，艾特，M A I L，点，E X A M P L E，点，C N"
    )
    assert en.address("ke-fu_12@mail.example.cn") == "ke dash fu underscore one two at mail dot example dot cn"


@pytest.mark.parametrize(
    ("keys", "chinese", "english"),
    [
        ("0#", "转人工，请按 0 和井号键", "For a person, press 0, then pound"),
        ("*#", "转人工，请按星号键和井号键", "For a person, press star, then pound"),
    ],
)
def test_keys_pressed_one_after_the_other_are_named_in_that_order(keys: str, chinese: str, english: str) -> None:
    assert zh.press("转人工", *keys) == chinese
    assert en.press("For a person", *keys) == english
