"""Where marked secrets are searched for: pages, exported files, commands, and the telephone company's log."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urljoin

from flask.testing import FlaskClient
from sqlalchemy import Engine

from ivr.store.roles import ROLES
from tests.canary import APART, Search
from tests.desk_site import hired, log_in, token
from tests.test_crawl import LEAVES, found
from tests.world import OPEN, ROOT, World

FILES: Final = ("/desk/calls/export/csv", "/desk/calls/export/xlsx")
ELSEWHERE: Final = ("/web/", "/audio/", "/desk/passkeys", "/desk/tf-", "/desk/mf-")


def pages(search: Search, here: World, calls: Iterable[str], most: int) -> None:
    """Search all that the console shows to somebody who may see everything.

    Of the calls' pages each, of all others so many as they name one another.
    """
    app, staff = here.app.extensions["pages"].made()
    client = app.test_client()
    log_in(client, "canary", hired(app, staff, "canary", *ROLES))
    here.parts.jobs[1].look()  # What the log of calls and the reports show is made now.
    for call in calls:
        for more in ("", "/test", "?lang=zh"):
            _shown(search, client, f"/desk/calls/{call}{more}")
        form = {"csrf_token": token(client.get(f"/desk/calls/{call}").text)}
        search.look("page", "number", client.post(f"/desk/calls/{call}/number", data=form).data)
    for file in FILES:
        assert _shown(search, client, file), file
    seen, waiting = set[str](), ["/desk/calls", "/desk", "/desk/audit", "/desk/wallboard", "/desk/reports"]
    while waiting and len(seen) < most:
        path = waiting.pop(0)
        if path in seen or path.startswith((*LEAVES, *ELSEWHERE)):
            continue
        seen.add(path)
        waiting += [urljoin(path, link).split("#")[0] for link in _shown(search, client, path)]


def _shown(search: Search, client: FlaskClient, path: str) -> list[str]:
    """Search what is answered, and return what it names."""
    with client.get(path) as answer:
        search.look("page", path, f"{path} {answer.headers} ".encode() + answer.data)
        if answer.location:
            return [answer.location]
        return list(found(answer.text)) if answer.mimetype == "text/html" else [path]


def commands(search: Search, here: World, folder: Path) -> None:
    """Search what the commands print and write that look at calls."""
    runner = here.app.test_cli_runner()
    for words in (
        ("menus", "replay", str(ROOT / "menus"), "--since", f"{OPEN:%Y-%m-%d}", "--show", "50"),
        ("menus", "export", str(folder / "exported")),
        ("menus", "versions"),
        ("calls", "rebuild"),
        ("desk", "promises"),
        ("audit", "show"),
        ("people", "--help"),
    ):
        done = runner.invoke(args=words)
        search.look("command", " ".join(words[:2]), f"{done.output} {done.exception}")
    search.files("exported file", folder / "exported")


def backup(search: Search, engine: Engine, file: Path) -> None:
    """Search a copy of the database as SQLite's own backup makes it; PostgreSQL's is what its tables hold."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.exec_driver_sql(f"VACUUM INTO '{file}'")
        search.look("backup", file.name, file.read_bytes())


def carriers_log(here: World, search: Search, keyed: Counter[tuple[str, str]]) -> None:
    """Search the telephone company's log; keys may stand in the one request that tells them, and nowhere else."""
    told = defaultdict[tuple[str, str], set[str]](set)
    for asked in here.carrier.log.requests:
        form = [f"{name}={value}" for name, value in asked.form if name != "Digits"]
        shown = (asked.url, *form, *(f"{name}: {value}" for name, value in asked.headers), asked.failure)
        search.look("carrier's log", asked.url, APART.join([*(one.encode() for one in shown), asked.body]))
        told[asked.call, asked.fields.get("Digits", "")].add(asked.url)
    for fault in here.carrier.log.faults:
        search.look("carrier's log", "fault", f"{fault.text} {fault.url}")
    for (call, digits), urls in told.items():
        for name, keys in search.marks.items():
            if keys in digits:
                assert len(urls) <= keyed[call, name.removesuffix(" with star")], (name, urls)
    for sent in here.rest.sent:
        kept = [(name, value) for name, value in sent.form if name != "Code"]
        search.look("REST", sent.path, f"{sent.path} {sent.query} {kept} {sent.body}")


def asked_urls(here: World, note: Callable[[str], object]) -> None:
    """Have every request to the application noted, by its line and its headers."""
    whole = here.app.wsgi_app

    def noted(environ: Any, start: Any) -> Any:
        told = [f"{name}={value}" for name, value in environ.items() if isinstance(value, str)]
        note(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}?{environ['QUERY_STRING']} {quote(str(told))} {told}")
        return whole(environ, start)

    here.app.wsgi_app = noted  # type: ignore[method-assign]
