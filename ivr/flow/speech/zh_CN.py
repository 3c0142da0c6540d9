"""Mandarin as it is spoken on the telephone."""
# ruff: noqa: N999 -- the module is called by its language

import datetime
import re
from bisect import bisect
from collections.abc import Sequence
from functools import lru_cache

from cn2an import an2cn

from ivr.flow.speech._digits import groups

ONE = "幺"  # how a 1 is said in a digit string; 一 is easily heard as 七 on a telephone
SIGNS = dict(zip("0123456789", f"零{ONE}二三四五六七八九", strict=True))
MARKS = {"@": "艾特", ".": "点", "-": "横杠", "_": "下划线"}
SIGNS_OF_ADDRESS = re.compile(r"([@._-])")
KEYS = {**{digit: digit for digit in "0123456789"}, "*": "星号键", "#": "井号键"}
DAYS = {-1: "昨天", 0: "今天", 1: "明天", 2: "后天"}
WEEK = "一二三四五六日"
HOURS = (5, 8, 12, 13, 19)  # where the next part of the day begins
PARTS = ("凌晨", "早上", "上午", "中午", "下午", "晚上")
TWO = re.compile("^二(?=[百千万亿])")  # where 两 is said instead
MOST = 10**12  # nobody follows greater numbers by ear, so they are said digit by digit


def digits(text: str) -> str:
    """幺三八，零零幺三，八零零零. Not cached: what callers key in must not stay in memory."""
    return "，".join("".join(SIGNS.get(sign, sign) for sign in group) for group in groups(text))


def address(text: str) -> str:
    """A B，艾特，C D，点，C N: letter by letter, as the words between the signs are foreign ones."""
    parts = (part for part in SIGNS_OF_ADDRESS.split(text) if part)
    return "，".join(MARKS.get(part) or " ".join(SIGNS.get(sign, sign.upper()) for sign in part) for part in parts)


def number(n: int) -> str:
    """二, 十二, 一百零一, 两百."""
    if n < 0:
        return f"负{number(-n)}"
    return digits(str(n)) if n >= MOST else TWO.sub("两", _read(n))


def counted(n: int) -> str:
    """两 as in 两位, 十二, 一百零二."""
    return "两" if n == 2 else number(n)


def ordinal(n: int) -> str:
    """第二, 第二百: 两 is never said of a place in a row."""
    return f"第{number(n).replace('两', '二')}"


def amount(fen: int) -> str:
    """一千二百元五角, 十元零五分, 零元."""
    yuan, rest = divmod(abs(fen), 100)
    jiao, cents = divmod(rest, 10)
    gap = "零" if yuan and cents and not jiao else ""
    parts = ((yuan, "", "元"), (jiao, "", "角"), (cents, gap, "分"))
    said = "".join(f"{before}{counted(count)}{unit}" for count, before, unit in parts if count) or "零元"
    return f"负{said}" if fen < 0 else said


def minutes(low: int, high: int) -> str:
    """三到五分钟, 大约两分钟, 不到一分钟."""
    low, high = sorted((max(low, 0), max(high, 0)))
    if low == 0:
        return f"不到{counted(max(high, 1))}分钟"
    return f"大约{counted(low)}分钟" if low == high else f"{counted(low)}到{counted(high)}分钟"


def date(d: datetime.date) -> str:
    """十月九日."""
    return f"{number(d.month)}月{number(d.day)}日"


@lru_cache(maxsize=1440)
def time(t: datetime.time) -> str:
    """上午九点, 中午十二点, 下午六点半, 晚上十点零五分, 凌晨零点: 明天午夜 might be either end of tomorrow."""
    hour = counted((t.hour - 1) % 12 + 1) if t.hour else "零"
    return f"{PARTS[bisect(HOURS, t.hour)]}{hour}点{_past(t.minute)}"


def weekdays(first: int, last: int) -> str:
    """周六, 周一到周五."""
    return f"周{WEEK[first]}" if first == last else f"周{WEEK[first]}到周{WEEK[last]}"


def days(first: datetime.date, last: datetime.date) -> str:
    """十月一日, 十月一日到十月七日."""
    return date(first) if first == last else f"{date(first)}到{date(last)}"


def hours(spans: Sequence[tuple[datetime.time, datetime.time]]) -> str:
    """上午九点到下午六点, 全天."""
    return "，".join("全天" if start == end else f"{time(start)}到{time(end)}" for start, end in spans)


def moment(then: datetime.datetime, now: datetime.datetime) -> str:
    """今天下午两点, 明天上午九点, 下周一上午九点, 十月九日星期五上午九点."""
    there = then.astimezone(now.tzinfo)
    return f"{_day(there.date(), now.date())}{time(there.time().replace(second=0, microsecond=0))}"


def stamp(then: datetime.datetime) -> str:
    """10月9日09:00."""
    return f"{then.month}月{then.day}日{then:%H:%M}"


def key(k: str) -> str:
    """2, 星号键, 井号键: the synthesiser says the digit."""
    if k not in KEYS:
        raise ValueError(f"no telephone has a key {k!r}")
    return KEYS[k]


def press(matter: str, *keys: str) -> str:
    """账户冻结，请按 2; 转人工，请按 0 和井号键."""
    named = "和".join(f" {key(k)} " if k.isdigit() else key(k) for k in keys)
    return f"{matter}，请按{named.rstrip()}"


@lru_cache(maxsize=4096)
def _read(n: int) -> str:
    """The number from 0 up as it is read, 两 nowhere."""
    words: str = an2cn(n)
    # cn2an says 一亿一千 for 100001000, which is heard as 110000000.
    return words.replace("亿", "亿零") if n >= 10**8 and 1000 <= n % 10**8 < 10**4 else words


def _past(minute: int) -> str:
    match minute:
        case 0:
            return ""
        case 30:
            return "半"
        case _:
            return f"{'零' if minute < 10 else ''}{number(minute)}分"


@lru_cache(maxsize=1024)
def _day(day: datetime.date, today: datetime.date) -> str:
    """A week begins on Monday: 周五 is in the week of today, 下周五 in the one after."""
    ahead = (day - today).days
    if ahead in DAYS:
        return DAYS[ahead]
    if 2 < ahead <= 7:
        return f"{'' if day.weekday() > today.weekday() else '下'}周{WEEK[day.weekday()]}"
    year = "" if day.year == today.year else f"{an2cn(str(day.year), 'direct')}年"
    return f"{year}{date(day)}星期{WEEK[day.weekday()]}"
