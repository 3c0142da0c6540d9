"""The bench of the call log works: its days are as the product keeps them, and no page reads a big table to its end."""

from datetime import date
from pathlib import Path
from random import Random

import pytest

from tests.bench.filling import Plan, copied, enrol, fill
from tests.bench.keeping import proven
from tests.bench.log import explained, site
from tests.bench.plans import noted, scans
from tests.bench.searches import figures, samples, wishes
from tests.desk_site import real_flow
from tests.once import ready_file

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


@pytest.fixture
def filled(database: str, calls: Path) -> str:
    """Return the URL of a database with these calls."""
    if database.startswith("postgresql"):
        copied(calls, database, say=lambda _: None)
    else:
        Path(database.removeprefix("sqlite:///")).write_bytes(calls.read_bytes())
    return database


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


def test_a_statement_that_reads_a_big_table_to_its_end_is_told(filled: str) -> None:
    with site(filled) as (engine, _, _):
        with noted(engine) as ran, engine.connect() as connection:
            for column in ("path", "matter"):
                connection.exec_driver_sql(f"SELECT count(*) FROM facts WHERE {column} = 'x' OR path = 'y'").all()
        with engine.connect() as connection:
            assert [scans(connection, one) for one in ran] == [["facts"], ["facts"]]
