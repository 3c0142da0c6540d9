"""The menus and the sounds as they lie in their folders."""

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from threading import get_ident
from typing import Final

BELOW: Final = ("", "languages/")
NAME: Final = re.compile(rf"({'|'.join(BELOW)})[A-Za-z0-9_][A-Za-z0-9_.-]*\.yaml")
CURRENT: Final = "current"
COPY: Final = "live-menus.json"


def menus(folder: Path) -> dict[str, str]:
    """Return the menus' texts by their name below the folder.

    Bytes that are no UTF-8 become lone surrogates, which `load` tells of as a problem like others.
    """
    return {name: (folder / name).read_text("utf-8", "surrogateescape") for name in sorted(_names(folder))}


def write_menus(folder: Path, files: Mapping[str, str]) -> None:
    """Make a folder hold these menus and no others; what else lies there stays.

    Raise ValueError for a folder with other things than menus, and OSError.
    """
    before = _names(folder)
    if folder.exists() and any(folder.iterdir()) and "hotline.yaml" not in before:
        raise ValueError(f"{folder} holds other things than menus: name a new folder, or one with menus")
    for name in files:
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a file of menus")
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8", newline="")
    for name in before - files.keys():
        (folder / name).unlink()


def _names(folder: Path) -> set[str]:
    files = [file for below in BELOW for file in folder.glob(f"{below}*.yaml")]
    return {file.relative_to(folder).as_posix() for file in files}


def prompts(folder: Path) -> frozenset[str]:
    """Return the names of what people have spoken: `language/place`, or a name made from the sound."""
    spoken = folder / "prompts"
    files = (*spoken.glob("*.wav"), *spoken.glob("*/*.wav"))
    return frozenset(file.relative_to(spoken).with_suffix("").as_posix() for file in files)


def music(folder: Path) -> frozenset[str]:
    """Return the names of the files to wait by."""
    return frozenset(file.name for file in (folder / "music").glob("*.wav"))


def copy(instance: Path) -> dict[str, str]:
    """Return the menus that answered last, none where no such copy can be read."""
    try:
        found: dict[str, str] = json.loads((instance / COPY).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def keep_copy(instance: Path, files: Mapping[str, str]) -> None:
    """Keep the menus that answer now; whoever reads at the same moment finds these or the ones before."""
    if copy(instance) == files:
        return
    instance.mkdir(parents=True, exist_ok=True)
    replace(instance / COPY, json.dumps(dict(files), ensure_ascii=False))


def replace(file: Path, text: str) -> None:
    """Write a whole file in the place of another, on the disk before anybody finds it."""
    draft = file.with_name(f"{file.name}.{os.getpid()}.{get_ident()}")
    with draft.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)


def put_whole(folder: Path, name: str, files: Mapping[str, str]) -> None:
    """Write files into a new folder within this one, and lead the link `current` to it once all of them are there.

    A folder of this name has these files already. The one that the link led to before stays for whoever reads it;
    older ones go.
    """
    mine = f"{os.getpid()}.{get_ident()}"  # Several servers may stand on one folder, and begin at once.
    before, link = (folder / CURRENT).resolve(), folder / f".{CURRENT}.{mine}"
    if not (folder / name).exists():
        _come(_put(folder / f".{name}.{mine}", files), folder / name)
    link.unlink(missing_ok=True)
    link.symlink_to(name)
    link.replace(folder / CURRENT)
    kept = (before, (folder / name).resolve())
    for old in folder.iterdir():
        if old.is_dir() and not old.name.startswith(".") and old.resolve() not in kept:
            shutil.rmtree(old, ignore_errors=True)


def _come(draft: Path, folder: Path) -> None:
    """Let a draft be the folder, unless somebody else's is by now."""
    try:
        draft.rename(folder)
    except OSError:
        shutil.rmtree(draft)
        if not folder.exists():
            raise


def _put(draft: Path, files: Mapping[str, str]) -> Path:
    shutil.rmtree(draft, ignore_errors=True)  # Of a process that had this one's number, and was killed.
    draft.mkdir(parents=True)
    for file, text in files.items():
        replace(draft / file, text)
    return draft
