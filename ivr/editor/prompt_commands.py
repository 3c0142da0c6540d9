"""The command that lists which prompts wait for a person to speak them."""

from collections.abc import Callable, Mapping
from pathlib import Path

import click

from ivr import folders
from ivr.editor.prompt_rows import Sheet
from ivr.flow.flow import Flow
from ivr.flow.problem import Problem
from ivr.flow.spoken import lines


def prompts_command(
    answering: Callable[[], Mapping[str, str]],
    read: Callable[[Mapping[str, str]], tuple[Flow | None, list[Problem]]],
) -> click.Command:
    """Return the command; `answering` gives the menus that answer now."""

    @click.command("prompts")
    @click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path))
    def prompts(folder: Path | None) -> None:
        """List missing and outdated recordings, of what answers now or of menus in a folder."""
        flow, problems = read(folders.menus(folder) if folder else answering())
        for problem in problems:
            click.echo(str(problem))
        if flow is None or problems:
            raise SystemExit(1)
        sheet = Sheet(flow, tuple(lines(flow)))
        for line in sheet.lines:
            match line.state:
                case "voice":
                    click.echo(f"missing   {line.name}  {line.words}")
                case "outdated":
                    click.echo(f"outdated  {line.name}  {line.words}  (it says: {line.was})")
                case "orphan":
                    click.echo(f"gone      {line.name}  (it says: {line.was})")
        for one in sheet.progress():
            click.echo(f"{one.language}: {one.done} of {one.all} recorded")

    return prompts
