"""A person's recording becomes a prompt as telephones play it: 8 kHz, 16 bit, mono, evened, without long silence."""

from typing import Literal

Why = Literal["unreadable", "long", "short", "silent", "quiet", "clipped"]


class SoundError(ValueError):
    """This cannot become a prompt; `why` is a word for what is wrong with it."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


def spoken(data: bytes) -> bytes:
    """Return what telephones play as a WAV file; `data` is WAV, MP3 or another file that libsndfile reads.

    Raise SoundError where it is none, longer than 120 s, shorter than 0.2 s, silent, too quiet or clipped.
    """
    from ivr.editor import samples  # It takes 30 MB, so not before it is needed.

    return samples.spoken(data)
