"""Version against version: whether new menus serve callers better."""

from typing import Final

from ivr.reports.figures import average, by_key, count, rate
from ivr.reports.report import Asked, Chart, Made, Report, Series, Words
from ivr.reports.tallies import together

FIGURES: Final = (
    count(Words("来电", "Calls"), "calls"),
    rate(Words("自助办结", "By keypad"), "contained", "calls"),
    rate(Words("排队", "Stood in line"), "queued", "calls"),
    rate(Words("菜单中挂机", "Hung up in the menus"), "gone", "calls"),
    rate(Words("7 天内再来电", "Called again in 7 days"), "again", "known"),
    average(Words("平均时长", "Length"), "seconds", ["seconds"], "calls"),
    average(Words("每通沉默", "Silences a call"), "number", ["silences"], "calls"),
    average(Words("每通错键", "Wrong keys a call"), "number", ["wrongs"], "calls"),
    average(Words("评分", "Score"), "number", ["score"], "scored"),
)


def make(asked: Asked) -> Made:
    """Return a row for each version of the menus that calls of these days began with."""
    found = asked.read("version")
    table = by_key(asked, "version", FIGURES, found)
    keys = together(found)
    order = sorted(keys, key=lambda key: int(key))
    shares = tuple(Series(one.words, tuple(one.value(keys[key]) for key in order)) for one in FIGURES[1:5])
    chart = Chart("bar", Words("版本对比", "Side by side"), tuple(order), shares, "share", "text")
    formula = Words(
        "每通来电自始至终用开始时的版本；沉默和错键按菜单中的次数计。",
        "A call keeps the version it began with; silences and wrong keys are counted in the menus.",
    )
    return Made((table,), (chart,) if keys else (), formula)


REPORT: Final = Report(
    "versions",
    Words("版本对比", "Version against version"),
    Words("新菜单是不是更好", "Whether new menus serve callers better"),
    make,
    order=110,
)
