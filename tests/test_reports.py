"""Every figure of every report against an independent count, and the calls behind it against the figure."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ivr.console.report_views import address
from ivr.reports import counted
from ivr.reports.catalogue import reports
from ivr.reports.keeping import Keeping
from ivr.reports.report import Asked, Cell, Report, Table, Unit
from ivr.reports.tallies import Tallies
from tests import awkward
from tests.awkward import Awkward
from tests.busy import busy
from tests.desk_site import Clock, Site, desk_site, log_in
from tests.expected import EXPECTED, Rows, Span
from tests.recount import Raw, recount
from tests.stores import Postgres
from tests.world import OPEN, ZONE

SEED = 20261126
CASES = (
    awkward.short,
    awkward.sent_on,
    awkward.handed_over,
    awkward.missed,
    awkward.left,
    awkward.promised,
    awkward.rung_back,
    awkward.heard,
    awkward.scores,
    awkward.in_menus,
)
# When the clock goes back, and when it goes on.
CHANGES = {
    "Europe/Berlin": (datetime(2026, 10, 25, 1, tzinfo=UTC), datetime(2027, 3, 28, 1, tzinfo=UTC)),
    "America/New_York": (datetime(2026, 11, 1, 6, tzinfo=UTC), datetime(2027, 3, 14, 7, tzinfo=UTC)),
}
WEEK = timedelta(days=6)


@dataclass
class Counts:
    """What happened, and those who count it."""

    site: Site
    clock: Clock
    raw: Raw
    zone: ZoneInfo | None = None

    def tallies(self, zone: ZoneInfo) -> Tallies:
        """Return all tallied by the clock of this zone; of the same as before, it is."""
        made = Keeping(self.site.desk.engine, self.site.hotline.journal.events, zone, self.clock)
        if zone != self.zone:
            for _ in made.anew():
                pass
            self.zone = zone
        return made.tallies


KINDS = [pytest.param(kind, marks=pytest.mark.xdist_group(f"reports-{kind}")) for kind in ("sqlite", "postgresql")]


@pytest.fixture(scope="module", params=KINDS)
def counts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counts]:
    folder, clock, url = tmp_path_factory.mktemp("counts"), Clock(), ""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        url = server.fresh("ready")
    with closing(desk_site(folder, "http://127.0.0.1:8000", clock, url)) as site:
        yield happened(site, clock)


def happened(site: Site, clock: Clock) -> Counts:
    """Have all that is awkward happen, around changes of clocks, and in a week of which some days are busy."""
    made = Awkward(site, clock)
    for back, _ in CHANGES.values():
        awkward.around(made, back)
    clock.at = OPEN
    for case in CASES:
        case(made)
    awkward.night(made, (clock.at.astimezone(ZONE) + timedelta(days=1)).replace(hour=0, minute=0, second=0))
    awkward.redials(made)
    busy(site, clock, 30, SEED, clock.at.astimezone(ZONE).replace(hour=10) + timedelta(days=1))
    for one in site.desk.inbox.work():
        assert site.desk.inbox.assign(one.id, awkward.NOBODY)
    for _, on in reversed(CHANGES.values()):
        awkward.around(made, on)
    made.joins()  # Somebody still waits.
    clock.on(hours=1)
    return Counts(site, clock, recount(site.desk.engine))


def choices(report: Report, all_of_them: bool) -> Iterator[Mapping[str, str]]:
    """Yield what can be chosen: the first few of each choice, in all combinations; or what is usual."""
    if not all_of_them:
        usual = {one.name: next(iter(one.options)) for one in report.choices}
        yield from [usual, usual | {"queue": "fraud"}] if "queue" in usual else [usual]
        yield from ({**usual, "days": days} for days in ("12345", "7") if "days" in usual)
        return
    options: dict[str, list[str]] = {}
    for one in report.choices:
        match one.name:
            case "within":
                options[one.name] = ["own", "20", "5", "300"]
            case "queue":
                options[one.name] = ["", "fraud"]
            case "days":
                options[one.name] = ["", "12345"]
            case "formula":
                options[one.name] = list(one.options)
            case _:
                options[one.name] = [next(iter(one.options))]
    yield from (dict(zip(options, values, strict=True)) for values in product(*options.values()))


def shown(table: Table) -> Rows:
    """Return a table of a report as rows by their first cell."""
    words = [one.words.en for one in table.columns]
    rows = {
        row[0].value: {word: cell.value for word, cell in zip(words[1:], row[1:], strict=True)} for row in table.rows
    }
    assert len(rows) == len(table.rows)
    if table.total:
        rows["total"] = {word: cell.value for word, cell in zip(words[1:], table.total, strict=True)}
    return rows


def listed(table: Table) -> Rows:
    """Return the rows of a list, numbered."""
    rows = [[cell.value for cell in row] for row in table.rows]
    assert all(isinstance(row[0], datetime) for row in rows)
    # In UTC, as Python has no two moments of an hour that comes twice be equal across zones.
    return {number: dict(enumerate([row[0].astimezone(UTC), *row[1:]])) for number, row in enumerate(rows)}  # type: ignore[union-attr]


def differences(name: str, asked: Asked, span: Span) -> list[str]:
    """Return where a report says something else than what was counted."""
    tables = reports()[name].make(asked).tables
    wanted, wrong = EXPECTED[name](span), []
    assert len(tables) == len(wanted)
    for number, (table, rows) in enumerate(zip(tables, wanted, strict=True)):
        found = listed(table) if name == "abandoned" else shown(table)
        where = f"{name}[{number}] {span.zone} {span.since}–{span.until} {dict(span.chosen)}"
        if found.keys() != rows.keys():
            wrong.append(f"{where}: rows {sorted(map(str, found))} instead of {sorted(map(str, rows))}")
        for key in found.keys() & rows.keys():
            for word, value in rows[key].items():
                if not _same(found[key].get(word, "missing"), value):
                    wrong.append(f"{where}: {key} {word}: {found[key].get(word)} instead of {value}")
            if name != "staffing" and found[key].keys() != rows[key].keys():
                wrong.append(f"{where}: columns {found[key].keys() ^ rows[key].keys()}")
    return wrong


def _same(found: Any, value: Any) -> bool:
    return found == (pytest.approx(value, rel=1e-9) if isinstance(value, float) else value)


def spans(zone: str) -> list[tuple[date, date]]:
    """Return the days to ask for: one, a week, one on which nothing happened; those of a change of clocks."""
    first = OPEN.date()
    usual = [(first, first), (first, first + WEEK), (date(2026, 6, 1), date(2026, 6, 1))]
    changes = [at.astimezone(ZoneInfo(zone)).date() for at in CHANGES.get(zone, ())]
    return [*((day, day) for day in changes), (changes[0], changes[1])] if changes else usual


def asked_in(counts: Counts, zones: Sequence[str]) -> Iterator[tuple[str, Asked, Span]]:
    """Yield every report's name, with what is asked in these zones, and what was counted."""
    for zone in zones:
        tallies, flow = counts.tallies(ZoneInfo(zone)), counts.site.flow
        for (since, until), (name, report) in product(spans(zone), reports().items()):
            for chosen in choices(report, zone == "Asia/Shanghai" and until - since == WEEK):
                span = Span(counts.raw, ZoneInfo(zone), since, until, counts.clock.at, flow.queues, chosen)
                yield name, Asked(tallies, flow, since, until, chosen), span


def cells(name: str, asked: Asked) -> Iterator[tuple[str, Unit, Cell]]:
    """Yield each figure of a report: where it stands, its unit, its cell."""
    made = reports()[name].make(asked)
    yield from ((f"{name} {words.en}", unit, cell) for words, unit, cell in made.marks)
    for table in made.tables:
        for row in (*table.rows, *([(Cell("total"), *table.total)] if table.total else [])):
            for column, cell in zip(table.columns[1:], row[1:], strict=True):
                yield f"{name} {row[0].value} {column.words.en}", column.unit, cell


def test_every_report_says_what_an_independent_count_says(counts: Counts) -> None:
    # Days and half-hours are found alike in both databases: two zones will do for the slower.
    more = ("Asia/Kathmandu", "America/New_York") if counts.site.desk.engine.dialect.name == "sqlite" else ()
    zones = ("Asia/Shanghai", *more, "Europe/Berlin")
    wrong = [one for told in asked_in(counts, zones) for one in differences(*told)]
    assert not wrong, "\n".join([f"{len(wrong)}", *wrong[:60]])


def test_as_many_calls_are_behind_a_figure_as_it_says(counts: Counts) -> None:
    engine, wrong, seen = counts.site.desk.engine, [], set()
    for name, asked, span in asked_in(counts, ["Europe/Berlin"]):
        for where, unit, cell in cells(name, asked):
            if unit == "count" and cell.counted and (cell.counted, cell.value) not in seen:
                seen.add((cell.counted, cell.value))
                number = counted.count(engine, cell.counted, 10_000)
                if number != cell.value:
                    wrong.append(f"{where} {span.zone} {span.since} {dict(span.chosen)}: {cell.value}, {number} listed")
    assert not wrong, "\n".join([f"{len(wrong)}", *wrong[:60]])
    assert len(seen) > 500


def test_the_page_of_calls_behind_a_figure_shows_them_all(counts: Counts) -> None:
    client = counts.site.app.test_client()
    assert log_in(client, "sam", counts.site.hire("sam", "supervisor"))
    tallies = counts.tallies(ZoneInfo("Europe/Berlin"))
    for name, report in reports().items():
        chosen = next(choices(report, False))
        asked = Asked(tallies, counts.site.flow, OPEN.date(), OPEN.date() + WEEK, chosen)
        addresses = {
            cell.counted: cell.value for _, unit, cell in cells(name, asked) if unit == "count" and cell.counted
        }
        for behind, value in [one for one in addresses.items() if one[1]][:9]:
            page = client.get(f"{address(behind)}&lang=en").text
            assert "1 call<" if value == 1 else f"{value} calls<" in page, page
            assert page.count("<tr>") == min(int(str(value)), 50) + 1
