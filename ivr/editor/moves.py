"""A node under another name, or in another file: everything that leads to it, and its translations, go along."""

from collections.abc import Container

from ivr.editor import marks
from ivr.editor.change import Change, Put, Rename, changed, read
from ivr.editor.sheets import Sheets, Spot, free, refused
from ivr.editor.splice import Document


def moved(sheets: Sheets, old: str, new: str) -> Sheets:
    """Return the files with a node at another place; raise EditError where that is taken."""
    (file, name), (to_file, to_name) = sheets.node(old), free(sheets, new)
    led = sheets.changed(_led(sheets, old, new, to_file))
    after = led.changed([(file, Rename((name,), to_name))]) if file == to_file else _carried(led, old, new)

    def at(spot: Spot) -> Spot:
        return (to_file, (to_name, *spot[1][1:])) if spot[0] == file and spot[1][:1] == (name,) else spot

    return sheets.followed(after, at)


def _led(sheets: Sheets, old: str, new: str, to_file: str) -> list[tuple[str, Change]]:
    """Return what makes every way lead, once the node is moved, where it leads now."""
    places, found = set(sheets.places) - {old} | {new}, list[tuple[str, Change]]()
    for file, path, name in marks.exits(sheets.data):
        meant = marks.target(sheets.places, file, name)
        meant, here = new if meant == old else meant, to_file if (file, path[:1]) == sheets.places[old] else file
        if marks.target(places, here, name) != meant:
            found.append((file, Put(path, short(places, here, meant))))
    return found


def short(places: Container[str], file: str, place: str) -> str:
    """Return the shortest name by which a place is meant in a file."""
    stem, _, name = place.partition(".")
    shorter = (one for one in (name, stem) if marks.target(places, file, one) == place)
    return next(shorter, place)


def _carried(sheets: Sheets, old: str, new: str) -> Sheets:
    """Return the files with a node's lines, comments and all, cut out of one and added to another."""
    (file, name), (to_file, to_name) = sheets.node(old), free(sheets, new)
    document = Document(sheets.texts[file])
    start, end = document.lines((name,))
    lines = changed(file, document.text[start:end].lstrip("\n"), [Rename((name,), to_name)])
    there = sheets.texts.get(to_file, "").rstrip("\n")
    left, joined = document.text[:start] + document.text[end:], f"{there}\n\n{lines}" if there else lines
    before, to_before = sheets.data[file], sheets.data.get(to_file, {})
    if document.root.flow_style or read(to_file, joined) != {**to_before, to_name: before[name]}:
        raise refused(file, "this file is written unusually: edit its text")
    return Sheets({**sheets.texts, file: left, to_file: joined})
