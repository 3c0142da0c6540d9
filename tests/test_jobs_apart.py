"""The jobs in processes of their own: servers then do none, no job is done twice, and `kill -9` loses none."""

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
import requests
from sqlalchemy import Engine, func, select, update

from ivr.aside import Aside
from ivr.factory import create_app, utc_now
from ivr.hotline import Caller
from ivr.parts import Parts
from ivr.settings import Settings, SettingsError, read
from ivr.store.fact_tables import facts
from ivr.store.tables import calls, messages
from ivr.telephony.switchboard import Switchboard
from tests.pages import until
from tests.processes import APART
from tests.recordings_site import Answer, site, sound
from tests.world import CUSTOMER, NUMBER, free_port, hotline_settings

MANY = 8


def jobs(settings: Settings) -> None:
    """Be `flask --app app jobs`, until told to end."""
    result = create_app(settings).test_cli_runner().invoke(args=["jobs"])
    os._exit(result.exit_code)


@contextmanager
def working(settings: Settings) -> Iterator[BaseProcess]:
    """Start a process of jobs; it is gone when the block ends."""
    process = APART.Process(target=jobs, args=(settings,), daemon=True)
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


def fetched(engine: Engine) -> int:
    """Return how many messages are here."""
    query = select(func.count()).select_from(messages).where(messages.c.state == "fetched")
    with engine.connect() as connection:
        return int(connection.scalar(query) or 0)


def a_call(parts: Parts, number: int) -> None:
    """Have a caller ring and hang up, and the carrier tell of a recording."""
    call = f"CA{number:032x}"
    parts.hotline.answer(call, Caller(CUSTOMER, NUMBER))
    parts.hotline.hang_up(call)
    parts.messages.report(f"RE{number:032x}", call, "completed", 2, utc_now())


def test_a_server_whose_jobs_are_done_apart_does_none_and_two_processes_do_each_once_though_one_was_killed(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Switchboard, "start", lambda _: None)  # It ends with its process, and not before.
    held = threading.Event()
    slow = Answer(body=sound(2)[:1000], promised=len(sound(2)), held=held)
    with site(slow) as away, site(Answer(body=sound(2))) as carrier, ExitStack() as stack:
        found = replace(hotline_settings(tmp_path, 8000, database), aside=Aside(jobs="apart"), api_url=away.url)
        parts: Parts = create_app(found).extensions["hotline"]
        stack.callback(parts.close)
        threads = {thread.name for thread in threading.enumerate()}
        parts.begin()
        assert "jobs" not in {thread.name for thread in threading.enumerate()} - threads
        for number in range(MANY):
            a_call(parts, number)
        with working(found) as first:
            until(lambda: away.asked)
            first.kill()
            first.join()
        held.set()
        assert fetched(parts.engine) == 0
        with parts.engine.begin() as connection:  # Two minutes go by, after which what the dead held is due again.
            past = update(messages).values(next_try_at=messages.c.created_at)
            connection.execute(past.where(messages.c.state == "wanted"))
        ready = replace(found, api_url=carrier.url)
        two = [stack.enter_context(working(ready)) for _ in range(2)]
        until(lambda: fetched(parts.engine) == MANY)
        until(lambda: counted(parts.engine) == MANY)
        for process in two:
            os.kill(process.pid or 0, signal.SIGTERM)
            process.join(60)
        assert 0 in [process.exitcode for process in two]  # The one that did it; the other may not have begun yet.
    assert sorted(path.rpartition("/")[2] for path, _ in carrier.asked) == [f"RE{n:032x}.wav" for n in range(MANY)]


def counted(engine: Engine) -> int:
    """Return of how many calls that are over the log knows."""
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(calls)) == MANY
        return int(connection.scalar(select(func.count()).select_from(facts)) or 0)


def test_a_process_of_jobs_tells_of_its_health_and_figures(database: str, tmp_path: Path) -> None:
    port = free_port()
    with site(Answer(status=500)) as carrier:
        found = hotline_settings(tmp_path, 8000, database)
        found = replace(found, aside=Aside("apart", port), api_url=carrier.url, metrics_token="let me in")
        parts: Parts = create_app(found).extensions["hotline"]
        a_call(parts, 1)
        parts.close()
        here, bearer = f"http://127.0.0.1:{port}", {"Authorization": "Bearer let me in"}
        with working(found) as process:
            until(lambda: carrier.asked)
            assert requests.get(f"{here}/healthz", timeout=30).text == "alive\n"
            assert requests.get(f"{here}/readyz", timeout=30).json() == {"ready": True, "answers": True, "reasons": []}
            assert requests.get(f"{here}/metrics", timeout=30).status_code == 403
            done = 'hotline_jobs_done_total{kind="calls"} 1.0'
            until(lambda: done in requests.get(f"{here}/metrics", headers=bearer, timeout=30).text)
            assert requests.post(f"{here}/voice/incoming", timeout=30).status_code == 404
            os.kill(process.pid or 0, signal.SIGTERM)
            process.join(60)
            assert process.exitcode == 0


def test_a_process_of_jobs_tells_by_ipv6_too(tmp_path: Path) -> None:
    port = free_port()
    found = replace(hotline_settings(tmp_path, 8000), host="::1", aside=Aside("apart", port), metrics_token="let me in")
    with working(found):
        until(lambda: _answers(f"http://[::1]:{port}/healthz"))


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).text == "alive\n"
    except requests.ConnectionError:
        return False


def test_jobs_that_cannot_listen_where_they_should_do_not_start(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = replace(hotline_settings(tmp_path, 8000), aside=Aside("apart", port))
        result = create_app(found).test_cli_runner().invoke(args=["jobs"])
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: JOBS_PORT is {port}, where nothing can listen on 127.0.0.1")


@pytest.mark.parametrize("given", ["70000", "x", "0", "8001.5"])
def test_a_port_of_the_jobs_that_is_none_is_refused(given: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="JOBS_PORT"):
        read({"JOBS_PORT": given}, tmp_path)


@pytest.mark.parametrize("given", ["inside", "apart"])
def test_who_does_the_jobs_is_a_setting(given: str, tmp_path: Path) -> None:
    assert read({"JOBS": given}, tmp_path).aside.jobs == given
