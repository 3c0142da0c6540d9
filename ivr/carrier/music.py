"""The carrier's own hold music, where a document names none: a few soft notes over and over, as a WAV file."""

import math
import struct
from functools import cache
from typing import Final

from ivr.carrier.sounds import RATE, wav

NOTES: Final = (392.0, 493.9, 587.3, 493.9, 440.0, 523.3, 659.3, 523.3)  # two chords, note by note
_SECONDS: Final = 0.75
_LOUD: Final = 5000


@cache
def tune() -> bytes:
    """Return six seconds of music that can be repeated."""
    return wav(b"".join(_note(frequency) for frequency in NOTES))


def _note(frequency: float) -> bytes:
    frames = round(_SECONDS * RATE)
    faded = [math.sin(math.pi * step / frames) ** 2 * _LOUD for step in range(frames)]
    samples = [round(loud * math.sin(2 * math.pi * frequency * step / RATE)) for step, loud in enumerate(faded)]
    return struct.pack(f"<{frames}h", *samples)
