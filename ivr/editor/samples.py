"""The samples of a recording: read, mixed, brought to 8 kHz, trimmed, and looked at for what is no good."""

from io import BytesIO
from typing import Final

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from ivr.editor.loudness import Sound, evened, loudness
from ivr.editor.sound import SoundError

RATE: Final = 8000
LONGEST: Final = 120  # seconds
SHORTEST: Final = 0.2  # seconds
ROOM: Final = 0.15  # Seconds that are left before the first sound and after the last.
FRAME: Final = 80  # Samples, a hundredth of a second.
QUIETEST: Final = -45.0  # LUFS: what is less loud would be more noise than voice when it is turned up.
CHANNELS: Final = 8
RATES: Final = range(4000, 192_001)
STEP: Final = 1 / 32768
LEAST: Final = 0.001  # What nobody would hear.
# The part of all samples that may stand three in a row at the greatest value, and that may be about full scale.
FLAT: Final = 0.001
FULL: Final = 0.01


def spoken(data: bytes) -> bytes:
    """Return the prompt that a file becomes, as `ivr.editor.sound.spoken` does."""
    sound = _trimmed(_telephone(*_read(data)))
    if loudness(sound, RATE) < QUIETEST:
        raise SoundError("quiet")
    file = BytesIO()
    soundfile.write(file, evened(sound, RATE), RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()


def _read(data: bytes) -> tuple[NDArray[np.float32], int]:
    """Return all channels, one sample a row, and the samples a second."""
    try:
        with soundfile.SoundFile(BytesIO(data)) as file:
            rate: int = file.samplerate
            if file.channels > CHANNELS or rate not in RATES:
                raise SoundError("unreadable")
            samples = file.read(LONGEST * rate + 1, dtype="float32", always_2d=True)
    except soundfile.SoundFileError as error:
        raise SoundError("unreadable") from error
    if len(samples) > LONGEST * rate:
        raise SoundError("long")
    if not np.isfinite(samples).all():
        raise SoundError("unreadable")
    return samples, rate


def _telephone(samples: NDArray[np.float32], rate: int) -> Sound:
    """Return one channel at 8 kHz, around zero."""
    if len(samples) < SHORTEST * rate:
        raise SoundError("short")
    mixed = samples.mean(axis=1, dtype=np.float64)
    mixed -= mixed.mean()
    if np.abs(mixed).max() < LEAST:
        raise SoundError("silent")
    if _clipped(samples):
        raise SoundError("clipped")
    sound: Sound = soxr.resample(mixed, rate, RATE)
    return sound


def _clipped(samples: NDArray[np.float32]) -> bool:
    """Tell whether the tops were cut off: too much stands at the greatest value, or about full scale as in an MP3."""
    level = np.abs(samples)
    top = level >= max(level.max() - STEP, 0.5)
    return bool((top[2:] & top[1:-1] & top[:-2]).mean() > FLAT or (level > 0.97).mean() > FULL)


def _trimmed(sound: Sound) -> Sound:
    """Return the sound with a little room before and after what is to be heard, whichever noise a room makes."""
    whole = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME)
    level = np.sqrt((whole**2).mean(axis=1))
    threshold = max(level.max() / 100, min(2 * np.percentile(level, 10), level.max() / 10))
    heard = np.flatnonzero(level > threshold) * FRAME
    if not heard.size:
        raise SoundError("silent")
    first, last, room = int(heard[0]), int(heard[-1]) + FRAME, round(ROOM * RATE)
    before, after = max(0, room - first), max(0, last + room - len(sound))
    return np.pad(sound[max(0, first - room) : last + room], (before, after))
