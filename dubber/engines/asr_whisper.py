"""Whisper on CTranslate2 (faster-whisper), behind Silero's voice detector.

The embedded model is whisper-base. It hears more languages than it can spell: a language pack says
as which language it is decoded and how its script is recovered. Measured in `benchmarks/asr.py`.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dubber import languages
from dubber.engines.ct2_device import device_of
from dubber.errors import EngineError, UnavailableError
from dubber.languages import Language
from dubber.protocols import EngineContext
from dubber.schema import Segment, Word
from dubber.text.recover import recover_words
from dubber.text.scripts import script_of
from dubber.text.transliterate import transliterate
from dubber.timing.cut import Span, groups, segments, snapped, voiced

if TYPE_CHECKING:
    from dubber.protocols import Samples

log = logging.getLogger(__name__)

RATE = 16_000
EMBEDDED = "whisper-base"
LONGEST_VOICE = 24.0  # seconds; longer speech without a pause is split
MARGIN = 0.2  # seconds around speech that the recogniser hears too
MAX_THREADS = 8  # more do not help a model of this size

VOICE_DETECTION = {
    "min_silence_duration_ms": 300,  # with the library's 2000, utterances run into each other
    "min_speech_duration_ms": 120,
    "speech_pad_ms": 30,
    "max_speech_duration_s": LONGEST_VOICE,
}

#: One temperature: equal sound gives equal text.
DECODING = {
    "beam_size": 5,
    "temperature": 0.0,
    "condition_on_previous_text": False,
    "word_timestamps": True,
    "append_punctuations": "\"'.。,，!！?？:：”)]}、।॥۔،؟؛",
    "no_speech_threshold": 0.6,
    "log_prob_threshold": -1.0,
}
#: They stop loops: always for a language spelled as another, else only where one was heard, for in
#: the scripts that Whisper writes byte by byte they forbid common syllables.
GUARDS = {"repetition_penalty": 1.1, "no_repeat_ngram_size": 4}
WORST_LOGPROB = -1.3  # below it the text is made up
FEW_WORDS = 8
CURE = "give the words with --transcript FILE, or a larger model with --asr whisper:FOLDER"
MOST_REPETITIVE = 2.4  # gzip ratio of letters; above it the text is a loop


class Whisper:
    """A Recognizer."""

    name = "asr.whisper"

    @classmethod
    def open(cls, context: EngineContext) -> Whisper:
        """The model `context.model` names: a card, a CTranslate2 folder, or "" for whisper-base.

        UnavailableError if it is not there, EngineError if it cannot be loaded.
        """
        name = context.model or EMBEDDED
        folder = context.weights(name)
        device = device_of(cls.name, context.device)
        threads = context.threads or min((os.cpu_count() or 1), MAX_THREADS)
        return cls(folder, device=device, threads=threads, spells_badly=name == EMBEDDED)

    def __init__(self, folder: Path, *, device: str, threads: int, spells_badly: bool) -> None:
        """`spells_badly`: decode as the language packs say (see `Language.asr_decode_as`)."""
        from faster_whisper import WhisperModel

        kind = "float16" if device == "cuda" else "int8"
        try:
            self._model = WhisperModel(
                str(folder),
                device=device,
                compute_type=kind,
                cpu_threads=threads,
                local_files_only=True,
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise EngineError(
                f"the speech model cannot be loaded ({error})",
                subject=folder,
                cure="it must be a Whisper model in CTranslate2's format",
            ) from error
        self._spells_badly = spells_badly

    def recognize(
        self, samples: Samples, *, language: Language, hints: Sequence[str] = ()
    ) -> list[Segment]:
        """See `Recognizer`. UnavailableError if the model cannot hear or write the language."""
        code = self._code(language)
        asked = _Asked(code, language, _hotwords(hints, code))
        heard: list[Segment] = []
        for group in groups(self._voice(samples)):
            for words, confidence in self._decode(samples, group, asked):
                for piece in segments(voiced(words, group), ends=language.sentence_ends):
                    free = heard[-1].end if heard else 0.0
                    heard.append(_segment(len(heard) + 1, piece, group, free, confidence))
        _check_script(heard, language)
        return heard

    def _code(self, language: Language) -> str:
        own = language.codes.get("whisper", "")
        code = language.asr_decode_as if self._spells_badly and language.asr_decode_as else own
        if not own or code not in self._model.supported_languages:
            raise UnavailableError(
                f"this Whisper model does not know {language.name}",
                cure=CURE,
            )
        return code

    def _voice(self, samples: Samples) -> list[Span]:
        from faster_whisper.vad import VadOptions, get_speech_timestamps

        found = get_speech_timestamps(samples, VadOptions(**VOICE_DETECTION))
        return [Span(span["start"] / RATE, span["end"] / RATE) for span in found]

    def _decode(
        self, samples: Samples, group: list[Span], asked: _Asked
    ) -> list[tuple[list[Word], float]]:
        """Runs of words with the confidence of each, in the language's own script."""
        first = max(0, round((group[0].start - MARGIN) * RATE))
        last = min(len(samples), round((group[-1].end + MARGIN) * RATE))
        sound = samples[first:last]
        options = {**DECODING, "language": asked.code, "hotwords": asked.hotwords}
        guards = {} if asked.code == asked.language.codes["whisper"] else GUARDS
        parts = list(self._model.transcribe(sound, **options, **guards)[0])
        if any(_repetition(part.text) > MOST_REPETITIVE for part in parts):
            parts = list(self._model.transcribe(sound, **options, **GUARDS)[0])
        runs: list[tuple[list[Word], float]] = []
        for part in parts:
            if _made_up(part):
                log.warning("not understood at %.1f s: %s", first / RATE + part.start, part.text)
                continue
            words = [
                Word(
                    word.word,
                    first / RATE + max(0.0, float(word.start)),
                    first / RATE + max(0.0, float(word.start), float(word.end)),
                    float(word.probability),
                )
                for word in part.words or ()
            ]
            spelled = _in_script(words, asked.language)
            confidence = math.exp(min(0.0, part.avg_logprob))
            if runs and runs[-1][1] == confidence:
                runs[-1][0].extend(spelled)
            elif spelled:
                runs.append((spelled, confidence))
        return runs


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is decoded: Whisper's code, the language it stands for, and the words to expect."""

    code: str
    language: Language
    hotwords: str | None


def _hotwords(hints: Sequence[str], code: str) -> str | None:
    """Terms in the letters that are decoded: Hindi heard as Urdu expects them in Urdu's."""
    script = languages.get(code).script
    return ", ".join(transliterate(hint, script) for hint in hints) or None


def _made_up(part: Any) -> bool:
    """Whether the recogniser wrote down what nobody said: unsure beyond doubt, or in a loop."""
    letters = [letter for letter in part.text if letter.isalnum()]
    if not letters or part.avg_logprob < WORST_LOGPROB:
        return True
    return _repetition(part.text) > MOST_REPETITIVE


def _repetition(text: str) -> float:
    """How far the text packs, whatever its script: letters are numbered before packing."""
    import zlib

    numbers = {letter: number for number, letter in enumerate(dict.fromkeys(text))}
    data = bytes(numbers[letter] % 256 for letter in text)
    return len(data) / len(zlib.compress(data))


def _check_script(heard: list[Segment], language: Language) -> None:
    """Refuse what is in another script throughout: a model too small for a language writes its
    sounds in whatever letters it knows. A few words may be a loan; they are only warned of."""
    texts = [segment.text for segment in heard if any(letter.isalpha() for letter in segment.text)]
    if not texts or language.script in map(script_of, texts):
        return
    if sum(len(text.split()) for text in texts) < FEW_WORDS:
        log.warning("%s was written in another script: %s", language.name, texts[0])
        return
    raise UnavailableError(
        f"this Whisper model cannot write {language.name}",
        subject=texts[0][:40],
        cure=CURE,
    )


def _in_script(words: list[Word], language: Language) -> list[Word]:
    """The words in the language's script. Words written together become one, with both times."""
    rule = language.asr_script_recovery
    if not rule or script_of("".join(word.text for word in words)) == language.script:
        return words
    spelled: list[Word] = []
    texts = recover_words([word.text for word in words], rule)
    for word, text in zip(words, texts, strict=True):
        if text:
            spelled.append(replace(word, text=f" {text}"))
        elif spelled:
            spelled[-1] = replace(spelled[-1], end=max(spelled[-1].end, word.end))
    return spelled


def _segment(
    number: int, piece: list[Word], group: list[Span], free: float, confidence: float
) -> Segment:
    text = "".join(word.text for word in piece).strip()
    words = snapped(piece, group, free=free)
    words = tuple(replace(word, text=word.text.strip()) for word in words)
    return Segment(f"{number}", words[0].start, words[-1].end, text, words, confidence=confidence)
