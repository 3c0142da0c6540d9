"""Commands: write the lifeboat's files, and call it for exercise."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urljoin

import click

from ivr.flow.flow import Flow
from ivr.telephony import bundle, lifeboat
from ivr.telephony.numbers import Number
from ivr.telephony.numbers import ours as own_numbers
from ivr.telephony.render import Site
from ivr.telephony.voices import VOICES

PATIENCE: Final = 60  # Seconds from answering to the beep that a caller in need bears.
WRONG: Final = "WRONG: "


class Heard(Protocol):
    """Something that was heard."""

    @property
    def text(self) -> str:
        """The words of a `say`."""

    @property
    def language(self) -> str:
        """The language of a `say`, as the carrier names it."""


class Walk(Protocol):
    """A call for exercise."""

    @property
    def heard(self) -> Sequence[Heard]:
        """What was heard."""

    @property
    def beep(self) -> bool:
        """Whether a message could be spoken."""

    @property
    def seconds(self) -> float:
        """How long it took until then."""

    @property
    def slowest(self) -> float:
        """The slowest answer, in seconds."""

    @property
    def wrong(self) -> Sequence[str]:
        """What the carrier found amiss."""


@dataclass(frozen=True, slots=True)
class Boat:
    """What the commands need: the live menus, how to call, how to fetch a file, the account's numbers, how to write."""

    flow: Callable[[], Flow]
    version: Callable[[], int]
    site: Callable[[], Site]
    now: Callable[[], datetime]
    walk: Callable[[str, str, str], Walk]
    get: Callable[[str], bytes]
    numbers: Callable[[], list[Number]]
    write: Callable[[Path, str], None]

    @property
    def own(self) -> str:
        """Our own address that numbers may fall back to."""
        return f"{self.site().url}/voice/fallback"


def lifeboat_commands(boat: Boat) -> click.Group:
    """Return the commands about the lifeboat."""

    @click.group("lifeboat")
    def group() -> None:
        """What callers hear when all else is away."""

    @group.command("write")
    @click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
    def write(folder: Path) -> None:
        """Write the files that another host is to serve into FOLDER."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in bundle.bundle(boat.flow(), boat.site(), boat.version(), boat.now()).items():
            boat.write(folder / name, text)
        click.echo(f"{folder}: see {folder / 'README.txt'} for how to host it")

    @group.command("drill")
    @click.option("--url", "urls", multiple=True, help="An address that numbers fall back to; ours, unless given.")
    def drill(urls: tuple[str, ...]) -> None:
        """Call the lifeboat as the carrier would, up to the beep; say which numbers fall back to it."""
        told = [
            *(line for url in urls or (boat.own,) for line in called(boat, url)),
            *pointing(boat, urls or (boat.own,)),
        ]
        click.echo("\n".join(told))
        if any(line.strip().startswith(WRONG) for line in told):
            raise SystemExit(1)

    return group


def called(boat: Boat, url: str) -> Iterator[str]:
    """Yield what a caller hears at an address, and what is wrong with it."""
    ours = url == boat.own
    yield f"{url} by {'POST' if ours else 'GET'}"
    keys = {"a report": lifeboat.THEFT, "a message": lifeboat.KEY} if ours else {"a report": "1", "a message": ""}
    if boat.flow().hotline.lifeboat is None:
        del keys["a report"]
    for what, key in keys.items():
        yield from _walked(boat, what, key, boat.walk(url, "POST" if ours else "GET", key))
    if not ours:
        yield from _hosted(boat, url)


def _walked(boat: Boat, what: str, key: str, walk: Walk) -> Iterator[str]:
    yield (
        f"  {what}, by {f'key {key}' if key else 'no key'}: the beep after {walk.seconds:.0f} s, answers within "
        f"{walk.slowest:.1f} s"
    )
    yield from (f"    {one.language}: {one.text}" for one in walk.heard if one.language)
    spoken = {one.language for one in walk.heard}
    unheard = [name for name, voice in boat.flow().hotline.languages.items() if VOICES[voice] not in spoken]
    if not walk.beep:
        yield f"  {WRONG}nobody can speak there"
    if unheard:
        yield f"  {WRONG}nothing is heard in {', '.join(unheard)}"
    if walk.seconds > PATIENCE:
        yield f"  {WRONG}it takes longer than {PATIENCE} s"
    yield from (f"  {WRONG}{words}" for words in walk.wrong)


def _hosted(boat: Boat, url: str) -> Iterator[str]:
    """Yield whether what is hosted is what the live menus make, as of when it was made."""
    try:
        manifest = bundle.read_manifest(boat.get(urljoin(url, bundle.MANIFEST)).decode())
        meant = bundle.documents(boat.flow(), boat.site(), manifest.made)
        found = {name: boat.get(urljoin(url, name)) for name in meant}
    except (OSError, ValueError, KeyError, TypeError) as error:
        yield f"  {WRONG}the files cannot be compared: {error}"
        return
    yield f"  version {manifest.version}, made {manifest.made:%Y-%m-%d}, good until {manifest.until:%Y-%m-%d}"
    if other := [name for name, text in meant.items() if bundle.digest(found[name]) != bundle.digest(text.encode())]:
        yield f"  {WRONG}other than the live menus' files: {', '.join(other)}; put up new ones"
    if manifest.until < boat.now():
        yield f"  {WRONG}the hours that it tells are out of date; put up new files"


def pointing(boat: Boat, urls: Sequence[str]) -> Iterator[str]:
    """Yield where each number of the account falls back to, and which of ours do not come to one of these addresses."""
    try:
        numbers = boat.numbers()
    except Exception as error:
        yield f"{WRONG}the account's numbers cannot be had: {type(error).__name__}: {error}"
        return
    own = boat.flow().hotline.number
    mine = list(own_numbers(numbers, own, boat.site().url))
    for one in numbers:
        yield f"{one.number}: falls back to {one.fallback or 'nothing'}"
        ours = one in mine
        url = one.fallback.partition("#")[0]
        if ours and url not in urls:
            yield f"  {WRONG}not to {' or '.join(urls)}"
        elif ours and one.fallback_method != ("POST" if url == boat.own else "GET"):
            yield f"  {WRONG}by {one.fallback_method}"
    if own not in [one.number for one in numbers]:
        yield f"{WRONG}the account has no number {own}"
