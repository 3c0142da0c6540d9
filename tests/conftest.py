"""What all tests share."""

import gc
import os
import sys

import pytest

# Else each worker, and each server that a test starts, would compile all of it anew: 2 s for a server.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

pytest.register_assert_rewrite("tests.pages", "tests.stores")

from tests.browser import browser, player  # noqa: E402
from tests.once import (  # noqa: E402
    callers_patient,
    menus_proven_once,
    menus_read_once,
    real_cost,
    real_pragmas,
    replayers_forked,
    routes_compiled_once,
    servers_forked,
    statements_compiled_once,
    templates_compiled_once,
)
from tests.stores import (  # noqa: E402 - asserts there are to be explained, too
    database,
    empty_database,
    engine,
    journal,
    opened_engine,
    postgres,
)

COLLECTS = (20_000, 20, 50)  # As in app.py, which is no module to import here: it would start.

__all__ = [
    "browser",
    "callers_patient",
    "database",
    "empty_database",
    "engine",
    "journal",
    "menus_proven_once",
    "menus_read_once",
    "opened_engine",
    "player",
    "postgres",
    "real_cost",
    "real_pragmas",
    "replayers_forked",
    "routes_compiled_once",
    "servers_forked",
    "statements_compiled_once",
    "templates_compiled_once",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the golden pages be written anew."""
    parser.addoption("--update", action="store_true", help="write tests/calls/*.txt as the calls really go")


def pytest_xdist_auto_num_workers() -> int:
    """Return two workers more than there are cores: half of the time a test waits for a page, a sound or a process."""
    return len(os.sched_getaffinity(0)) + 2


def pytest_collection_finish() -> None:
    """Look for circles as rarely as a server does, and not in what was imported: an eighth of the processor's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTS)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Have one worker do what a browser does in a module, so that not all of them start one at once."""
    if "player" in getattr(item, "fixturenames", ()) and item.get_closest_marker("xdist_group") is None:
        item.add_marker(pytest.mark.xdist_group(f"browser {item.module.__name__}"))
