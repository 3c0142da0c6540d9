"""Commands for who keeps the menus in files: whether they are good, what answers, and how that is changed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from ivr import folders
from ivr.editor import importing, manifest, schema
from ivr.editor.declaring import Declaring
from ivr.editor.differences import differences
from ivr.editor.emergency_commands import emergency_commands
from ivr.editor.gate import Finding, GateError
from ivr.editor.prompt_commands import prompts_command
from ivr.editor.publishing import EyesError, Publishing, RefusedError, without
from ivr.editor.replay_command import replaying
from ivr.editor.yesterday import Yesterday
from ivr.flow.flow import Flow
from ivr.flow.problem import Problem
from ivr.store.audit import Trail
from ivr.store.errors import StoreError

AHEAD: Final = 60  # days
TERMINAL: Final = "terminal"  # Who acts by a command, and so may read the server's secrets anyway.
BY: Final = click.option(
    "--by",
    default=TERMINAL,
    help="Who lets them answer; somebody else than --author, where the menus ask for four eyes.",
)
AUTHOR: Final = click.option("--author", default="", help="Who made them, if somebody else.")
NOTE: Final = click.option("--note", default="", help="Why; it stands beside the version for ever.")
FOLDER: Final = click.Path(file_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True)
class Files:
    """Where menus lie as files and sounds are kept, and how menus are read here."""

    folder: Path
    recordings: Path
    read: Callable[[Mapping[str, str]], tuple[Flow | None, list[Problem]]]


def menus_commands(files: Files, publishing: Publishing, trail: Trail, yesterday: Yesterday) -> click.Group:
    """Return the commands on what callers hear."""

    @click.group("menus", help="What callers hear.")
    def menus() -> None:
        pass

    _looking(menus, files, publishing)
    _exporting(menus, files, publishing)
    replaying(menus, files, publishing, yesterday)
    _changing(menus, files, publishing, trail)
    menus.add_command(emergency_commands(Declaring(publishing), trail))
    menus.add_command(prompts_command(lambda: publishing.library.files(publishing.last().version), files.read))
    return menus


def _looking(menus: click.Group, files: Files, publishing: Publishing) -> None:
    """Add the commands that change nothing."""

    @menus.command("check")
    @click.argument("folder", required=False, type=FOLDER)
    def check(folder: Path | None) -> None:
        """Say everything that is wrong with menus in a folder, or walk all states of a call for traps in them."""
        texts, now = folders.menus(folder or files.folder), publishing.now()
        finding = _looked(publishing, texts)
        if not finding.holds:
            raise SystemExit(1)
        for line in _figures(finding.figures):
            click.echo(line)
        flow, _ = files.read(texts)
        if flow and (unknown := flow.schedule.unknown(now.astimezone(flow.zone).date(), AHEAD)):
            words = f"the public holidays from {unknown[0]} on are not known yet: enter them in hours.yaml"
            click.echo(f"warning: {words}", err=True)

    @menus.command("diff")
    @click.argument("folder", required=False, type=FOLDER)
    @click.option("--version", "number", type=int, help="From this version; else from what answers now.")
    @click.option("--language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
    def diff(folder: Path | None, number: int | None, language: str) -> None:
        """Say in words what the menus in a folder would change."""
        try:
            before = publishing.library.files(number or publishing.last().version)
        except KeyError:
            raise click.ClickException(f"there is no version {number}: `menus versions` lists them") from None
        for one in differences(without(before), without(folders.menus(folder or files.folder)), language):
            click.echo(f"{one.place}: {one.words}")


def _exporting(menus: click.Group, files: Files, publishing: Publishing) -> None:
    """Add the commands about what answered."""

    @menus.command("versions")
    @click.option("--last", default=20, show_default=True, type=click.IntRange(1, 1000), help="So many.")
    def versions(last: int) -> None:
        """Say which versions answered when, the latest first; the first line is what answers now."""
        zone = publishing.live.flow.zone
        for one in publishing.library.history(last):
            at = one.at.astimezone(zone)
            click.echo(f"{at:%Y-%m-%d %H:%M:%S}  version {one.version}  {one.by or '-'}  {one.note}".rstrip())

    @menus.command("export")
    @click.argument("folder", type=FOLDER)
    @click.option("--version", "number", type=int, help="Of this version; else what answers now.")
    def export(folder: Path, number: int | None) -> None:
        """Write a version into a folder, with what people spoke, to keep in git or to publish elsewhere."""
        version = number or publishing.last().version
        try:
            texts = publishing.library.files(version)
        except KeyError:
            raise click.ClickException(f"there is no version {version}: `menus versions` lists them") from None
        try:
            sounds, lost = manifest.sounds(files.recordings, texts)
            found = [*manifest.checked(sounds)]
            folders.write_menus(folder, texts)
            for sound in found:
                manifest.keep(folder, sound)
        except (OSError, ValueError) as error:
            raise click.ClickException(f"it was not written: {error}") from None
        for name in lost:
            click.echo(f"warning: there is no {name} in prompts/ of the recordings", err=True)
        click.echo(f"version {version} is in {folder}: {len(texts)} files, {len(found)} recordings of prompts")


def _changing(menus: click.Group, files: Files, publishing: Publishing, trail: Trail) -> None:
    """Add the commands that change what answers, or what people work on."""

    @menus.command("publish")
    @click.argument("folder", required=False, type=FOLDER)
    @BY
    @AUTHOR
    @NOTE
    def publish(folder: Path | None, by: str, author: str, note: str) -> None:
        """Let the menus in a folder answer every call that begins from now on, if nothing stands against them."""
        texts, last = folders.menus(folder or files.folder), publishing.last()
        if not _looked(publishing, texts).holds:
            raise SystemExit(1)
        try:
            publishing.eyes(last, by, (author or by,))
        except EyesError as error:
            raise click.ClickException(f"{error}: name both by --by and --author") from None
        trail.add(TERMINAL, "menus.publish", (folder or files.folder).name, "", by=by, note=note)
        version = _told(lambda: publishing.files(texts, by, note, last, author or by))
        click.echo(f"version {version} answers")

    @menus.command("back")
    @click.argument("version", type=int)
    @BY
    @NOTE
    def back(version: int, by: str, note: str) -> None:
        """Let an older version answer again."""
        trail.add(TERMINAL, "menus.back", str(version), "", by=by, note=note)
        try:
            click.echo(f"version {_told(lambda: publishing.back(version, by, note))} answers")
        except KeyError:
            raise click.ClickException(f"there is no version {version}: `menus versions` lists them") from None

    importing.add_to(menus, publishing, files.recordings, TERMINAL)
    menus.add_command(schema.printing)


def _told(act: Callable[[], int]) -> int:
    try:
        return act()
    except RefusedError as error:
        _say(error.finding)
        raise SystemExit(1) from None
    except (EyesError, StoreError, GateError) as error:
        raise click.ClickException(str(error)) from None


def _looked(publishing: Publishing, texts: Mapping[str, str]) -> Finding:
    try:
        finding = publishing.gate.look(texts, publishing.now())
    except GateError as error:
        raise click.ClickException(str(error)) from None
    _say(finding)
    return finding


def _say(finding: Finding) -> None:
    for problem in finding.problems:
        click.echo(str(problem))
    for trap in finding.traps:
        click.echo(f"{trap['place']}: {trap['told']}")
    for one in finding.rehearsals:
        click.echo("\n".join([f"the rehearsal {one['name']!r} goes differently:", *one["lines"]]))


def _figures(figures: Mapping[str, Any]) -> Iterator[str]:
    slow, wide = figures["slow"], figures["wide"]
    yield f"menus are good: {figures['nodes']} nodes, {len(figures['languages'])} languages"
    counted = f"{figures['states']} states, {figures['steps']} steps, {figures['hours']} sets of open queues"
    yield f"no trap was found: {counted}"
    yield f"longest menu: {slow['place']}, {slow['seconds']:.0f} s; most choices: {wide['place']}, {wide['choices']}"
    goals = sorted(figures["goals"].items(), key=lambda one: (one[1]["seconds"], one[1]["keys"]))
    soonest = (f"{name} {goal['seconds']:.0f} s ({goal['keys']} keys)" for name, goal in goals)
    yield f"soonest, with all words heard: {', '.join(soonest)}"
