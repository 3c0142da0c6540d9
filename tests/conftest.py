"""What all tests share."""

import pytest

pytest.register_assert_rewrite("tests.pages", "tests.stores")

from tests.browser import browser, player  # noqa: E402
from tests.once import (  # noqa: E402
    menus_proven_once,
    menus_read_once,
    real_cost,
    real_pragmas,
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

__all__ = [
    "browser",
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
    "templates_compiled_once",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the golden pages be written anew."""
    parser.addoption("--update", action="store_true", help="write tests/calls/*.txt as the calls really go")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Have one worker do all that a browser does: two of them at once would wait for each other's pages and sounds."""
    if "player" in getattr(item, "fixturenames", ()):
        item.add_marker(pytest.mark.xdist_group("browser"))
