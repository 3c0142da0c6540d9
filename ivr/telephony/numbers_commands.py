"""Commands: where the account's numbers lead, and to have them lead to us."""

from collections.abc import Sequence
from urllib.parse import urlsplit

import click

from ivr.telephony.numbers import WHAT, Number, Numbers, changes, ours, refusal


def numbers_commands(numbers: Numbers) -> click.Group:
    """Return the commands about the account's numbers."""
    group = click.Group("numbers", help="Where the account's numbers lead.")
    group.add_command(_show(numbers))
    group.add_command(_sync(numbers))
    return group


def _show(numbers: Numbers) -> click.Command:
    @click.command("show")
    def show() -> None:
        """Say where each number of the account leads, and what is wrong with ours."""
        found = _all(numbers)
        mine = list(ours(found, numbers.own(), numbers.url))
        for one in found:
            click.echo(f"{one.number}{'' if one in mine else '  (not ours)'}")
            for what, ask in zip(WHAT, one.asks, strict=True):
                click.echo(f"  {what}: {ask}")
            if one in mine:
                _told(one, numbers.url)
        _missed(numbers, found)
        if any(one.taken or changes(one, numbers.url) for one in mine):
            click.echo("`flask --app app numbers sync` says what it would change, and changes it with --yes")

    return show


def _sync(numbers: Numbers) -> click.Command:
    @click.command("sync")
    @click.argument("wanted", metavar="[NUMBER]...", nargs=-1)
    @click.option("--fallback", default="", help="What they fall back to: the lifeboat's fallback.xml elsewhere.")
    @click.option("--yes", is_flag=True, help="Do it; else only say what would change.")
    def sync(wanted: tuple[str, ...], fallback: str, yes: bool) -> None:
        """Have the hotline's numbers, or these, ask us; others of the account are left alone."""
        if fallback and urlsplit(fallback).scheme != "https":
            raise click.BadParameter("give an https address", param_hint="--fallback")
        chosen = _chosen(numbers, _all(numbers), wanted)
        for one in chosen:
            _point(numbers, one, fallback, yes)
        if not yes and any(changes(one, numbers.url, fallback) for one in chosen):
            click.echo("nothing was changed yet: say --yes to do it")
        if any(one.taken for one in chosen):
            raise SystemExit(1)

    return sync


def _all(numbers: Numbers) -> list[Number]:
    try:
        return numbers.all()
    except Exception as error:
        raise click.ClickException(f"the account's numbers cannot be had: {refusal(error)}") from None


def _chosen(numbers: Numbers, found: Sequence[Number], wanted: Sequence[str]) -> list[Number]:
    if not wanted:
        _missed(numbers, found)
        return list(ours(found, numbers.own(), numbers.url))
    known = {one.number: one for one in found}
    if unknown := [one for one in wanted if one not in known]:
        raise click.ClickException(f"the account has no number {unknown[0]}: it has {', '.join(known) or 'none'}")
    return [known[one] for one in wanted]


def _missed(numbers: Numbers, found: Sequence[Number]) -> None:
    if numbers.own() not in [one.number for one in found]:
        has = ", ".join(one.number for one in found) or "none"
        words = f"the account has no number {numbers.own()}, which hotline.yaml names: it has {has}"
        raise click.ClickException(f"{words}; correct hotline.yaml, or name the number to be pointed here")


def _told(one: Number, url: str) -> None:
    if one.taken:
        click.echo(f"  WRONG: {one.taken} takes its calls: take that away from the number in Twilio's console")
    for change in changes(one, url):
        click.echo(f"  WRONG: {change.what}: should be {change.after}")


def _point(numbers: Numbers, one: Number, fallback: str, yes: bool) -> None:
    wrong = changes(one, numbers.url, fallback)
    click.echo(f"{one.number}{'' if wrong else ': leads here already'}")
    for change in wrong:
        click.echo(f"  {change.what}: {change.before} -> {change.after}")
    if one.taken:
        click.echo(f"  WRONG: {one.taken} takes its calls, whatever is asked: take that away in Twilio's console")
    if not (wrong and yes):
        return
    try:
        numbers.point(one, fallback)
    except Exception as error:
        raise click.ClickException(f"{one.number} was not changed: {refusal(error)}") from None
    click.echo("  done")
