"""Hear a whole film: in pieces that are cut in silences, so that memory does not grow with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dubber.errors import DataError
from dubber.languages import Language
from dubber.media.audio import open_wav
from dubber.protocols import Progress, Recognizer, silent
from dubber.schema import Segment, Transcript

if TYPE_CHECKING:
    from dubber.media.audio import WavReader

RATE = 16_000
PIECE_SECONDS = 180
SEARCH_SECONDS = 60  # before a piece's end, in which its quietest moment is looked for
QUIET_SECONDS = 0.4


def transcribe(
    speech: Path,
    recognizer: Recognizer,
    *,
    language: Language,
    hints: Sequence[str] = (),
    progress: Progress = silent,
) -> Transcript:
    """What is said in `speech`, a 16 kHz mono wav, with ids s0001 on; progress is in seconds.

    `hints`: terms that may be said (see `Recognizer`).

    DataError for another kind of wav; no speech gives a transcript without segments.
    """
    heard: list[Segment] = []
    with open_wav(speech) as wav:
        if (wav.rate, wav.channels) != (RATE, 1):
            raise DataError(
                f"expected 16 kHz mono, found {wav.rate} Hz and {wav.channels} channels",
                subject=speech,
            )
        for first, last in pieces(wav):
            samples = wav.read(first, last)[:, 0]
            for segment in recognizer.recognize(samples, language=language, hints=hints):
                heard.append(_moved(segment, len(heard) + 1, first / RATE))
            progress(last / RATE, wav.frames / RATE)
    return Transcript(language.code, tuple(heard), recognizer.name)


def pieces(wav: WavReader) -> Iterator[tuple[int, int]]:
    """(first, last) frames of pieces of at most PIECE_SECONDS, each cut at a quiet moment."""
    first = 0
    while wav.frames - first > PIECE_SECONDS * RATE:
        end = first + PIECE_SECONDS * RATE
        begin = end - SEARCH_SECONDS * RATE
        last = begin + quietest(wav.read(begin, end)[:, 0])
        yield first, last
        first = last
    if wav.frames > first:
        yield first, wav.frames


def quietest(samples: np.ndarray[tuple[int], np.dtype[np.float32]]) -> int:
    """The middle of the quietest QUIET_SECONDS of `samples`; the last such, if there are more."""
    width = round(QUIET_SECONDS * RATE)
    total = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    power = np.round(total[width:] - total[:-width], 9)
    return int(len(power) - 1 - np.argmin(power[::-1])) + width // 2


def _moved(segment: Segment, number: int, offset: float) -> Segment:
    words = tuple(
        replace(word, start=word.start + offset, end=word.end + offset) for word in segment.words
    )
    return replace(
        segment,
        id=f"s{number:04}",
        start=segment.start + offset,
        end=segment.end + offset,
        words=words,
    )
