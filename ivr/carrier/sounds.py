"""WAV sounds for practice messages: 8 kHz, 16 bit, mono PCM, made and measured with the standard library."""

import io
import math
import struct
import wave

RATE = 8000
_PERIOD = 20


def tone(seconds: float) -> bytes:
    """A steady 400 Hz tone of `seconds` as a whole WAV file; 0 seconds gives a valid, empty file."""
    wave_shape = [int(12000 * math.sin(2 * math.pi * step / _PERIOD)) for step in range(_PERIOD)]
    frames = max(0, round(seconds * RATE))
    period = struct.pack(f"<{_PERIOD}h", *wave_shape)
    return wav((period * (frames // _PERIOD + 1))[: frames * 2])


def silence(seconds: float) -> bytes:
    """Silence of `seconds` as a whole WAV file."""
    return wav(bytes(2 * max(0, round(seconds * RATE))))


def wav(samples: bytes) -> bytes:
    """A WAV file around raw little-endian 16 bit samples at 8 kHz mono."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples)
    return file.getvalue()


def joined(parts: list[bytes]) -> bytes:
    """One WAV file out of several of this module's kind; what is no WAV file is left out."""
    samples = []
    for part in parts:
        if length(part) is not None:
            with wave.open(io.BytesIO(part)) as file:
                samples.append(file.readframes(file.getnframes()))
    return wav(b"".join(samples))


def length(sound: bytes) -> float | None:
    """Seconds that a WAV file plays; None when it is no PCM WAV file."""
    try:
        with wave.open(io.BytesIO(sound)) as file:
            return float(file.getnframes() / file.getframerate())
    except (wave.Error, EOFError, ZeroDivisionError):
        return None
