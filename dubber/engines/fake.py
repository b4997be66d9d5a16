"""Engines that need no weights, for tests and for trying the pipeline: honest about being fakes.

The recognizer makes up a word for every stretch that is louder than silence; the translator marks
the text with the target's code; the voice speaks tones whose length follows the text. Timing bugs
show with them as they would with real ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dubber.errors import EngineError
from dubber.languages import Language
from dubber.protocols import EngineContext, Speech
from dubber.schema import Candidate, Phoneme, Segment, Voice, Word

if TYPE_CHECKING:
    from dubber.protocols import Samples

LOUD = 0.02
BLOCK_SECONDS = 0.1
SAMPLE_RATE = 16_000
TONE_SECONDS = 0.08


class FakeRecognizer:
    name = "asr.fake"

    @classmethod
    def open(cls, context: EngineContext) -> FakeRecognizer:
        return cls()

    def recognize(
        self, samples: Samples, *, language: Language, hints: Sequence[str] = ()
    ) -> list[Segment]:
        size = int(SAMPLE_RATE * BLOCK_SECONDS)
        blocks = samples[: len(samples) // size * size].reshape(-1, size)
        loud = np.concatenate([[False], np.abs(blocks).max(axis=1) > LOUD, [False]])
        edges = np.flatnonzero(np.diff(loud.astype(np.int8)))
        segments = []
        for number, (first, last) in enumerate(edges.reshape(-1, 2), 1):
            start, end = first * BLOCK_SECONDS, last * BLOCK_SECONDS
            word = Word(f"{language.native_name} {number}", start, end, 1.0)
            segments.append(Segment(f"{number}", start, end, word.text, (word,), confidence=1.0))
        return segments


class FakeTranslator:
    name = "mt.fake"

    @classmethod
    def open(cls, context: EngineContext) -> FakeTranslator:
        return cls()

    def supports(self, source: str, target: str) -> bool:
        return True

    def translate(
        self, sentences: Sequence[str], *, source: str, target: str, n_best: int = 1
    ) -> list[list[Candidate]]:
        return [[Candidate(f"{target}:{text}", 0.0)] for text in sentences]


class FakeSynthesizer:
    name = "tts.fake"
    rate = 22_050

    @classmethod
    def open(cls, context: EngineContext) -> FakeSynthesizer:
        return cls()

    def voices(self, language: Language) -> tuple[Voice, ...]:
        return (Voice("tone", language.code),)

    def say(self, text: str, voice: Voice, *, speed: float = 1.0) -> Speech:
        letters = [letter for letter in text if letter.isalnum()]
        if not letters:
            raise EngineError("nothing to say", subject=text)
        step = TONE_SECONDS / speed
        size = round(step * self.rate)
        clock = np.arange(size) / self.rate
        tones = [
            0.3 * np.sin(2 * np.pi * (200 + 20 * (ord(letter) % 20)) * voice.pitch * clock)
            for letter in letters
        ]
        phonemes = tuple(
            Phoneme("a" if number % 2 else "m", number * step, (number + 1) * step)
            for number in range(len(letters))
        )
        length = len(letters) * step
        samples = np.concatenate(tones).astype(np.float32)
        return Speech(samples, phonemes, (Word(text, 0.0, length),))
