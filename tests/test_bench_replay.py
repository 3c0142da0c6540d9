"""The bench of yesterday on tomorrow works: a planted change is found in just the calls that it touches."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.editor.replaying import Source, Worker
from ivr.editor.yesterday import Sum
from ivr.store.recorded import spans
from tests.bench.filling import SECRET, copied, upgraded
from tests.bench.replay import DAYS, PLANTED, differing, fill, keep
from tests.once import ready_file
from tests.world import OPEN

CALLS = 120
pytestmark = pytest.mark.xdist_group("bench replay")  # One worker makes the calls once.


@pytest.fixture(scope="session")
def calls(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[set[str]]]:
    """Return a SQLite file with some calls, and those that each change touches."""
    file = tmp_path_factory.mktemp("bench") / "replay.db"
    file.write_bytes(ready_file())
    return file, fill(file, CALLS, 3)


def test_a_planted_change_is_found_in_just_the_calls_that_it_touches(
    database: str, calls: tuple[Path, list[set[str]]]
) -> None:
    file, known = calls
    if database.startswith("postgresql"):
        copied(file, database, say=lambda _: None)
    else:
        Path(database.removeprefix("sqlite:///")).write_bytes(file.read_bytes())
    with upgraded(database) as engine:
        keep(engine)
        source = Source(engine.url.render_as_string(hide_password=False), (SECRET,), {})
        for planted, touched in zip(PLANTED, known, strict=True):
            worker, found = Worker(replace(source, files=planted.files)), Sum(CALLS)
            for span in spans(engine, OPEN, OPEN + timedelta(days=DAYS + 1), CALLS // 4):
                found.add(worker.part(span))
            assert differing(found, planted, touched) == "", planted.name
            assert found.done == CALLS
            assert (planted.name == "nothing") == (touched == set())
            worker.engine.dispose()
