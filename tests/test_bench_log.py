"""The bench of the call log works: its days are as the product keeps them, and no page reads a big table to its end."""

import re
from collections.abc import Set
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import make_url, select

from ivr.reports.digest import mark
from ivr.reports.search import Search
from ivr.reports.wanted import EQUAL, Wanted
from ivr.store.crypto import Cipher
from ivr.store.fact_tables import facts, marks
from tests.bench.filling import SECRET, Plan, copied, enrol, fill
from tests.bench.keeping import proven
from tests.bench.log import explained, site
from tests.bench.plans import noted, scans
from tests.bench.searches import figures, samples, wishes
from tests.desk_site import real_flow
from tests.once import ready_file
from tests.stores import Postgres

SEED = 14
FIELDS = ("queue", "matter", "outcome", "code", "language", "version", "agent")
CIPHER = Cipher([SECRET])
PLAN = Plan(6_000, date(2026, 11, 23), a_day=2_000, ways=40)
pytestmark = pytest.mark.xdist_group("bench log")  # One worker makes the calls once.


@pytest.fixture(scope="session")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a SQLite file with some days of calls."""
    file = tmp_path_factory.mktemp("bench") / "calls.db"
    file.write_bytes(ready_file())
    fill(file, PLAN, real_flow(), say=lambda _: None)
    enrol(file)
    return file


@pytest.fixture(scope="session")
def copy(postgres: Postgres, calls: Path) -> str:
    """Return the name of a PostgreSQL database with the same calls."""
    url = postgres.fresh("ready")
    copied(calls, url, say=lambda _: None)
    return str(make_url(url).database)


@pytest.fixture(params=["sqlite", "postgresql"])
def filled(request: pytest.FixtureRequest, postgres: Postgres, calls: Path, tmp_path: Path) -> str:
    """Return the URL of a database of the test's own with these calls."""
    if request.param == "postgresql":
        return postgres.fresh(request.getfixturevalue("copy"))
    (tmp_path / "ivr.db").write_bytes(calls.read_bytes())
    return f"sqlite:///{tmp_path}/ivr.db"


def test_generated_calls_are_as_the_product_digests_them(filled: str) -> None:
    with site(filled) as (engine, _, _):
        assert "100 calls by chance are as generated" in proven(engine, Random(1), 100)


def test_no_page_of_calls_or_reports_reads_a_big_table_to_its_end(filled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # As many of few calls as the real number is of millions: the database plans by the share that is read.
    monkeypatch.setattr("ivr.reports.search.COUNTED", 100)
    with site(filled) as (engine, client, _):
        known = samples(engine, Random(1), 10)
        asked = [*wishes(known, Random(1)), *figures(known)]
        paths = [path for wish in asked for path in wish.paths[:1]]
        paths += [f"/desk/calls/{one}" for one in known.whole]
        assert list(explained(engine, client, paths)) == []


def test_a_search_finds_the_calls_that_reading_all_of_them_finds(filled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.reports.search.COUNTED", 300)  # Pages stop early, and go on.
    chance = Random(SEED)
    with site(filled) as (engine, _, _):
        with engine.connect() as connection:
            every = connection.execute(select(facts).order_by(facts.c.started_at.desc(), facts.c.call_id.desc())).all()
            marked = {(*one,) for one in connection.execute(select(marks.c.mark, marks.c.call_id))}
        search, many = Search(engine), 0
        for number in range(60):
            one = chance.choice(every)
            names = chance.sample(
                ("queue", "matter", "outcome", "code", "language", "version", "agent"), 1 + number % 3
            )
            asked = {name: getattr(one, name) for name in names if getattr(one, name) != ""}
            least = {"seconds": one.seconds // 2, "waited": one.waited} if number % 4 == 0 else {}
            wanted = Wanted(**asked, **least, until=one.started_at if number % 5 == 0 else None)
            agents = {mark(one) for one in CIPHER.hashes(f"agent:{wanted.agent}")}
            agents_calls = {call_id for one, call_id in marked if one in agents}
            theirs = [call for call in every if _meets(call, wanted, agents_calls)]
            assert [call.call_id for call in search.page(wanted, None, 500)] == [call.call_id for call in theirs[:500]]
            many += len(theirs)
        assert many > 5_000


def _meets(call: Any, wanted: Wanted, agents_calls: Set[str]) -> bool:
    return (
        (not wanted.agent or call.call_id in agents_calls)
        and all(getattr(wanted, name) in ("", None, getattr(call, name)) for name in EQUAL)
        and call.seconds >= (wanted.seconds or 0)
        and call.waited >= (wanted.waited or 0)
        and (wanted.until is None or call.started_at < wanted.until)
    )


def test_sqlite_reads_calls_by_the_indexes_that_it_is_told(database: str) -> None:
    with site(database) as (engine, _, _), noted(engine) as ran:
        Search(engine).look(Wanted(queue="fraud", code="resolved"))
    told = [found for one in ran for found in re.findall(r"FROM facts AS by_\w+ INDEXED BY (\w+)", one.text)]
    wanted = {"ix_facts_queue_started_at_call_id", "ix_facts_code_started_at_call_id"}
    assert set(told) == (wanted if engine.dialect.name == "sqlite" else set())


def test_a_statement_that_reads_a_big_table_to_its_end_is_told(filled: str) -> None:
    with site(filled) as (engine, _, _):
        with noted(engine) as ran, engine.connect() as connection:
            for column in ("path", "matter"):
                connection.exec_driver_sql(f"SELECT count(*) FROM facts WHERE {column} = 'x' OR path = 'y'").all()
        with engine.connect() as connection:
            assert [scans(connection, one) for one in ran] == [["facts"], ["facts"]]
