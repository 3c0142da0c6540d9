"""Every version of the menus keeps its number and its words for ever, across processes."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import sleep
from typing import cast

import pytest
from sqlalchemy import Engine

from ivr.flow.flow import Flow
from ivr.store.library import Library
from ivr.store.live import Live
from tests.stores import NOON

FILES = {"main.yaml": "greeting: 您好\n", "hours.yaml": "week: {}\n"}


def test_the_same_files_have_the_same_version(engine: Engine) -> None:
    library = Library(engine)
    assert library.keep(FILES, NOON) == 1
    assert library.keep(dict(reversed(FILES.items())), NOON) == 1
    assert library.keep(FILES | {"main.yaml": "greeting: 你好\n"}, NOON) == 2
    assert library.keep(FILES, NOON) == 1


def test_a_version_gives_back_its_files_word_for_word(engine: Engine) -> None:
    library = Library(engine)
    version = library.keep(FILES, NOON)
    assert Library(engine).files(version) == FILES
    with pytest.raises(KeyError):
        library.files(version + 1)


def test_versions_kept_at_once_get_numbers_of_their_own(engine: Engine) -> None:
    library = Library(engine)
    texts = [{"main.yaml": str(number % 6)} for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        versions = list(pool.map(lambda files: library.keep(files, NOON), texts))
    assert sorted(set(versions)) == [1, 2, 3, 4, 5, 6]
    assert all(library.files(version) == files for version, files in zip(versions, texts, strict=True))


def test_a_version_that_many_ask_for_at_once_is_read_once(engine: Engine) -> None:
    library = Library(engine)
    version, asked, read = library.keep(FILES, NOON), Barrier(8), list[Mapping[str, str]]()

    def reads(files: Mapping[str, str]) -> Flow:
        read.append(files)
        sleep(0.1)  # As long as it takes.
        return cast("Flow", object())

    live = Live(library, reads)
    with ThreadPoolExecutor(8) as pool:
        flows = list(pool.map(lambda _: (asked.wait(60), live.of(version))[1], range(8)))
    assert read == [FILES]
    assert {id(flow) for flow in flows} == {id(live.at_hand(version))}
