"""What a process of its own does: calls done again in a draft, a part at a time."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from multiprocessing import parent_process
from multiprocessing.process import BaseProcess
from threading import Thread
from typing import Final, NamedTuple

from ivr.editor.publishing import APART, without
from ivr.flow.load import load
from ivr.flow.replay.course import Lost, Replayed, Sort
from ivr.flow.replay.replay import Between, UnreadableError
from ivr.store.crypto import Cipher
from ivr.store.engine import connect
from ivr.store.library import Library
from ivr.store.recorded import Past, Span, recorded

NICER: Final = 10  # Calls that ring go first.
VERSIONS: Final = 16  # in memory


class Finding(NamedTuple):
    """A call that goes differently: in what, where, by how many seconds of words and keys; why it is lost."""

    call: str
    version: int
    started_at: datetime
    sort: Sort
    place: str
    seconds: float
    keys: int
    lost: Lost | None


@dataclass(frozen=True, slots=True)
class Part:
    """What came of some calls: how many there were, how many could not be read, and those that go differently."""

    calls: int
    unread: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Source:
    """Where the calls are kept, by which secrets they are sealed, and the draft's files."""

    url: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    files: Mapping[str, str] = field(repr=False)


class Again:
    """Does calls again in a draft, each from the version of the menus that it began with."""

    def __init__(self, library: Library, files: Mapping[str, str]) -> None:
        self._library, self._files = library, without(files)
        self.between = lru_cache(VERSIONS)(self._between)

    def replay(self, past: Past) -> Replayed | None:
        """Return how a call goes; None where it, or its menus, cannot be read by this release."""
        between = self.between(past.version)
        try:
            return between.replay(past.told) if between and past.told else None
        except UnreadableError:
            return None

    def _between(self, version: int) -> Between | None:
        try:
            files = self._library.files(version)
        except KeyError:
            return None
        # An emergency is no draft's: it is compared as if the draft had answered in the same one.
        apart = {name: text for name, text in files.items() if name == APART}
        old, new = load(files, judged=False)[0], load({**self._files, **apart})[0]
        return Between(old, new) if old and new else None


def finding(past: Past, found: Replayed) -> Finding:
    """Return in short how a call goes differently."""
    seconds, keys = found.now.seconds - found.before.seconds, found.now.keys - found.before.keys
    about = (past.id, past.version, past.started_at)
    return Finding(*about, found.sort, found.matters, round(seconds, 1), keys, found.lost)


class Worker:
    """Does calls again part by part, with what it keeps from one to the next."""

    def __init__(self, source: Source) -> None:
        self.engine = connect(source.url, Cipher(source.secrets))
        self.again = Again(Library(self.engine), source.files)

    def part(self, span: Span) -> Part:
        """Return what comes of the calls of a span."""
        calls, unread, findings = 0, 0, list[Finding]()
        for past in recorded(self.engine, span):
            calls, found = calls + 1, self.again.replay(past)
            if found is None:
                unread += 1
            elif found.sort != "same":
                findings.append(finding(past, found))
        return Part(calls, unread, tuple(findings))


_here: list[Worker] = []


def begin(source: Source) -> None:
    """Make this process ready; it ends with the one that began it, however that ends."""
    if (parent := parent_process()) is not None:
        Thread(target=_follow, args=(parent,), daemon=True).start()
    os.nice(NICER)
    _here.append(Worker(source))


def _follow(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


def part(span: Span) -> Part:
    """Do the calls of a span again."""
    return _here[0].part(span)
