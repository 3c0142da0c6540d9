"""How a number that identifies something is cut into groups that a listener can write down."""

from itertools import accumulate, pairwise

FAMILIAR = {8: (4, 4), 10: (3, 3, 4), 11: (3, 4, 4)}


def groups(text: str) -> list[str]:
    """The digits and letters of a text in groups of three and four: mobile numbers 3-4-4, never one alone at the end.

    Digits of any script become 0 to 9 and letters capitals; all else, such as spaces and dashes, is dropped.
    """
    kept = [str(int(sign)) if sign.isdecimal() else sign.upper() for sign in text if _speakable(sign)]
    cuts = accumulate(_sizes(len(kept)), initial=0)
    return ["".join(kept[start:end]) for start, end in pairwise(cuts)]


def _speakable(sign: str) -> bool:
    return sign.isdecimal() or (sign.isascii() and sign.isalpha())


def _sizes(length: int) -> tuple[int, ...]:
    if length in FAMILIAR:
        return FAMILIAR[length]
    if length <= 5:
        return (length,) if length < 5 else (3, 2)
    threes = -length % 4
    return (4,) * ((length - 3 * threes) // 4) + (3,) * threes
