"""The menus and the sounds as they lie in their folders."""

from pathlib import Path


def menus(folder: Path) -> dict[str, str]:
    """Return the menus' texts by their name below the folder.

    Bytes that are no UTF-8 become lone surrogates, which `load` tells of as a problem like others.
    """
    files = sorted([*folder.glob("*.yaml"), *folder.glob("languages/*.yaml")])
    return {file.relative_to(folder).as_posix(): file.read_text("utf-8", "surrogateescape") for file in files}


def prompts(folder: Path) -> frozenset[str]:
    """Return the names (`language/place`) of the prompts that a person has spoken."""
    spoken = folder / "prompts"
    return frozenset(file.relative_to(spoken).with_suffix("").as_posix() for file in spoken.glob("*/*.wav"))


def music(folder: Path) -> frozenset[str]:
    """Return the names of the files to wait by."""
    return frozenset(file.name for file in (folder / "music").glob("*.wav"))
