"""The command that takes menus in: from a folder, or from a flow that Twilio Studio saved."""

from collections.abc import Mapping
from pathlib import Path

import click

from ivr import folders
from ivr.editor import manifest
from ivr.editor.publishing import Publishing
from ivr.editor.studio import NoFlowError, read
from ivr.flow.load import load


def add_to(menus: click.Group, publishing: Publishing, recordings: Path, owner: str) -> None:
    """Add the command, which keeps sounds below `recordings`; drafts are this owner's, unless another is named."""

    @menus.command("import")
    @click.argument("source", type=click.Path(exists=True, path_type=Path))
    @click.option("--into", type=click.Path(file_okay=False, path_type=Path), help="Write files here; begin no draft.")
    @click.option("--owner", default=owner, help="Whose draft it will be.")
    @click.option("--title", default="", help="What the draft is called.")
    def take_in(source: Path, into: Path | None, owner: str, title: str) -> None:
        """Begin a draft with the menus in a folder, or with a flow of Twilio Studio (its JSON), good or not.

        It answers nobody yet. The sounds in its `prompts/` that the menus name are taken in, too. What our menus
        cannot carry of a flow is listed, each with its place.
        """
        base = publishing.last().version
        texts = folders.menus(source) if source.is_dir() else studio(source, publishing.library.files(base))
        if not texts:
            raise click.ClickException(f"there are no menus in {source}")
        if into:
            _write(into, texts)
        _heard(source, into or recordings, texts)
        if into:
            return
        number = publishing.drafts.begin(owner, base, publishing.now(), title or source.stem, texts)
        click.echo(f"draft {number} is {owner}'s: open /desk/menus/drafts/{number}")


def _heard(source: Path, recordings: Path, texts: Mapping[str, str]) -> None:
    """Take in the sounds beside menus, all or none of them."""
    try:
        found = [*manifest.checked(manifest.sounds(source, texts)[0])]
        for sound in found:
            manifest.keep(recordings, sound)
    except (OSError, manifest.SoundError) as error:
        raise click.ClickException(f"nothing was taken in: {error}") from None
    if found:
        click.echo(f"{len(found)} recordings of prompts are taken in")


def studio(file: Path, house: Mapping[str, str]) -> dict[str, str]:
    """Return the menus that a flow makes in the hotline with these menus; say what they cannot carry, and lack."""
    try:
        texts, left = read(file.read_text("utf-8-sig"), house)
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file}: this is not UTF-8: save it with the encoding UTF-8") from error
    except NoFlowError as error:
        raise click.ClickException(f"{file}: {error}") from error
    for one in left:
        click.echo(f"{one.file or file}:{one}")
    _, problems = load(texts)
    for problem in problems:
        click.echo(str(problem))
    click.echo(f"{len(texts)} files; not carried: {len(left)}; to be written or put right: {len(problems)}")
    return texts


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    try:
        folders.write_menus(folder, texts)
    except (OSError, ValueError) as error:
        raise click.ClickException(f"nothing was written: {error}") from None
    click.echo(f"{len(texts)} files are in {folder}")
