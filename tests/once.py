"""What costs much and comes out the same each time: done once a worker, or cheaply, instead of for every test."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import cache, lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from passlib.hash import argon2
from sqlalchemy import URL, Dialect, Engine, create_engine
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from ivr.editor import gate, reading, yesterday
from ivr.editor.proving import answer
from ivr.flow.flow import Flow
from ivr.flow.load import load
from ivr.flow.problem import Problem
from ivr.flow.text import parse
from ivr.store import batch
from ivr.store import engine as engines
from ivr.store.crypto import Cipher
from ivr.store.engine import connect, upgrade
from ivr.wallets.demo.file import opened
from tests.forked import patient

CHEAP = {"default_rounds": 1, "memory_cost": 8, "parallelism": 1}


@cache
def ready_file() -> bytes:
    """Return a SQLite file that is already at this release's tables, and empty."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ready.db"
        engine = connect(f"sqlite:///{path}", Cipher(["none of its secrets"]))
        upgrade(engine)
        engine.dispose()
        return path.read_bytes()


@cache
def ready_wallet() -> bytes:
    """Return the demo wallet's file as it is made, with its accounts."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "wallet.db"
        opened(path).dispose()
        return path.read_bytes()


@pytest.fixture(scope="session", autouse=True)
def menus_read_once() -> Iterator[None]:
    """Have each text of the menus parsed once, and applications with the same menus share them.

    Reading them is a pure function, and most of the time that it takes to make an application.
    """

    @lru_cache(16)
    def read(menus: tuple[tuple[str, str], ...], *more: Any, judged: bool) -> tuple[Flow | None, list[Problem]]:
        return load(dict(menus), *more, judged=judged)

    def once(menus: Mapping[str, str], *more: Any, judged: bool = True) -> tuple[Flow | None, list[Problem]]:
        return read(tuple(sorted(menus.items())), *more, judged=judged)

    # What they call unless told otherwise stands in their defaults.
    parsed = lru_cache(256)(parse)
    with (
        patch.object(load, "__defaults__", with_parsed(parsed, load.__defaults__)),
        patch.object(reading.read, "__defaults__", with_parsed(parsed, reading.read.__defaults__)),
        patch("ivr.editor.reading.load", once),
    ):
        yield


def with_parsed(parsed: Callable[..., Any], defaults: tuple[Any, ...] | None) -> tuple[Any, ...]:
    """Return what a function calls unless told otherwise, with this instead of `parse`."""
    assert parse in (defaults or ()), "where is the text parsed?"
    return tuple(parsed if one is parse else one for one in defaults or ())


@pytest.fixture(scope="session", autouse=True)
def menus_proven_once() -> Iterator[Callable[[str], Any]]:
    """Have what was asked of the proof before answered as before: it is a pure function, and takes seconds.

    It is made by a process that is forked from one that has imported it all, and does not give way to others; return
    what starts a real one.
    """
    from tests.processes import APART  # It needs what stands here.

    real = gate._asked

    @lru_cache(64)
    def once(asked: str) -> Any:
        with ProcessPoolExecutor(1, mp_context=APART) as beside:
            return beside.submit(answer, asked).result()

    with patch("ivr.editor.gate._asked", once):
        yield real


@pytest.fixture(scope="session", autouse=True)
def templates_compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Have applications share their compiled templates, which each would compile anew."""
    compiled = FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))
    with patch.dict(Flask.jinja_options, bytecode_cache=compiled):
        yield


@pytest.fixture(scope="session", autouse=True)
def routes_compiled_once() -> Iterator[None]:
    """Have routes that read the same share what builds their URLs: to compile it is half of making an application."""
    compiled, made = Rule._compile_builder, dict[object, Callable[..., tuple[str, str]]]()

    def once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        if rule.defaults:  # They go through the converters, which may be anything.
            return compiled(rule, append_unknown)
        reads = (rule.rule, tuple(rule._trace), append_unknown)
        if reads not in made:
            made[reads] = compiled(rule, append_unknown)
        return made[reads]

    with patch.object(Rule, "_compile_builder", once):
        yield


class Statements(LRUCache[Any, Any]):
    """Statements that are written in SQL once for all databases of a kind that are sealed with the same secrets."""

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the statement, if it was written for such a database."""
        return super().get(_alike(*key), default)

    def __setitem__(self, key: Any, statement: Any) -> None:
        super().__setitem__(_alike(*key), statement)


def _alike(dialect: Dialect, *key: object) -> tuple[object, ...]:
    cipher = getattr(dialect, "ivr_cipher", None)  # The demo wallet seals nothing.
    return dialect.name, dialect.driver, cipher and cipher._search, *key


@pytest.fixture(scope="session", autouse=True)
def statements_compiled_once() -> Iterator[None]:
    """Have fresh databases share their compiled statements, which each would compile anew."""
    statements, prepare, prepared = Statements(2000), batch._statements, dict[object, Any]()

    def shared(url: URL | str, **options: Any) -> Engine:
        engine = create_engine(url, **options)
        engine._compiled_cache = statements
        return engine

    def once(dialect: Dialect) -> Any:
        kind = (dialect.name, dialect.driver)
        if kind not in prepared:
            prepared[kind] = prepare(dialect)
        return prepared[kind]

    with (
        patch("ivr.store.engine.create_engine", shared),
        patch("ivr.wallets.demo.file.create_engine", shared),
        patch("ivr.store.batch._statements", once),
    ):
        yield


@pytest.fixture(scope="session", autouse=True)
def replayers_forked() -> Iterator[Callable[[str], Any]]:
    """Have processes that do calls again be forked from one that has imported it all; return what starts real ones.

    They share as little with ours as the real ones, but are there after a twentieth of a second instead of a whole one.
    """
    from tests.processes import APART  # It needs what stands here.

    real = yesterday.get_context
    with patch("ivr.editor.yesterday.get_context", lambda _: APART):
        yield real


@pytest.fixture(scope="session", autouse=True)
def servers_forked() -> Iterator[Callable[..., Any]]:
    """Have servers be forked from a process that has imported the program; return what starts `python app.py`."""
    from tests import processes  # It needs what stands here.

    real = processes.started
    with patch("tests.processes.started", processes.forked_server):
        yield real


@pytest.fixture(scope="session", autouse=True)
def real_cost() -> Iterator[dict[str, int]]:
    """Have passwords hashed at the least cost that argon2id knows; return the real one."""
    real = {name: getattr(argon2, name) for name in CHEAP}
    with patch.multiple(argon2, **CHEAP):
        yield real


@pytest.fixture(scope="session", autouse=True)
def real_pragmas() -> Iterator[Callable[[Any, object], None]]:
    """Have nobody wait for the disk, as our PostgreSQL does not: programs are killed here, but no machine loses power.

    Return how SQLite is really opened. What runs in a process of its own waits as ever.
    """
    real = engines._pragmas

    def careless(driver: Any, record: object) -> None:
        real(driver, record)
        driver.execute("PRAGMA synchronous=OFF")

    with patch("ivr.store.engine._pragmas", careless), patch("os.fsync"):
        yield real


@pytest.fixture(scope="session", autouse=True)
def callers_patient() -> Iterator[None]:
    """Have turns take as long as they take, as `patient`; tests of a database that is late say themselves what is late.

    What runs in a process of its own waits as ever, unless it is told to be patient, too.
    """
    with patient():
        yield
