"""espeak-ng: a formant voice for every language, from a process of its own (`espeak_worker`).

The library is GPL-3 and is never loaded here; sound and times come over a pipe.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import select
import subprocess
import sys
import tempfile
import threading
import unicodedata
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from dubber import languages
from dubber.engines.espeak_worker import read_message, write_message
from dubber.errors import EngineError, UnavailableError
from dubber.languages import Language
from dubber.protocols import EngineContext, Speech
from dubber.schema import Phoneme, Voice, Word

if TYPE_CHECKING:
    from dubber.protocols import Samples

log = logging.getLogger(__name__)

WORKER = Path(__file__).with_name("espeak_worker.py")
NATURAL_RATE = 160  # words a minute; espeak-ng's own 175 is English at its quickest
RATES = (80, 450)  # between these it scales without changing its method
MIDDLE_PITCH = 50
PITCH_PER_E = 65.0  # steps of espeak's pitch that multiply F0 by e: 55..254 over 0..100
ACCURACY = 0.01  # of the length that a speed asks for
TRIES = 4
SILENCE = 0.003  # of full scale: below it nothing is heard
PAD_SECONDS = 0.01  # kept before and after what is heard
STRESS = str.maketrans("", "", "ˈˌ")
PATIENCE_SECONDS = 60.0  # for an answer; a minute of speech takes a tenth of a second
END_SECONDS = 5.0  # for the worker to end when its input does

GENDERS = (("male", ""), ("female", "+f3"))  # and the espeak-ng variants for them


class Espeak:
    """A Synthesizer. Close it, or its process lives as long as this one."""

    name = "tts.espeak"
    rate = 22_050

    @classmethod
    def open(cls, context: EngineContext) -> Espeak:
        """UnavailableError if espeak-ng is not installed; EngineError if it will not start."""
        if find_spec("espeakng_loader") is None:
            raise UnavailableError("espeak-ng is not installed", cure="pip install espeakng-loader")
        return cls()

    def __init__(self) -> None:
        self._worker: _Worker | None = None
        self._lock = threading.Lock()
        self._natural: tuple[str, Voice, float] | None = None
        self._letters = {pack.code: pack.espeak_letters for pack in languages.all_languages()}
        self.version = self._start().version

    def voices(self, language: Language) -> tuple[Voice, ...]:
        code = language.codes.get("espeak", "")
        if not code:
            return ()
        return tuple(Voice(code + variant, language.code, gender) for gender, variant in GENDERS)

    def say(self, text: str, voice: Voice, *, speed: float = 1.0) -> Speech:
        """`text` spoken whole, without silence before and after it.

        The length is within 1 % of what `speed` asks for, unless that is beyond the voice.
        Control characters are left out: some are commands to espeak-ng. EngineError if nothing
        was heard.
        """
        text = "".join(c if unicodedata.category(c) not in {"Cc", "Cs"} else " " for c in text)
        for letter, known in self._letters.get(voice.language, {}).items():
            text = text.replace(unicodedata.normalize("NFC", letter), known)
        if speed == 1.0:
            speech = self._say(text, voice, NATURAL_RATE * voice.rate)
            self._natural = (text, voice, len(speech.samples) / self.rate)
            return speech
        wanted = self._natural_length(text, voice) / speed
        rate = NATURAL_RATE * voice.rate * speed
        for _ in range(TRIES):
            speech = self._say(text, voice, rate)
            length = len(speech.samples) / self.rate
            if abs(length / wanted - 1) <= ACCURACY or not RATES[0] < rate < RATES[1]:
                break
            rate *= length / wanted
        return speech

    def close(self) -> None:
        """End the voice's process."""
        with self._lock:
            if self._worker is not None:
                self._worker.end()
            self._worker = None

    def _natural_length(self, text: str, voice: Voice) -> float:
        known = self._natural
        if known is not None and known[:2] == (text, voice):
            return known[2]
        return len(self.say(text, voice).samples) / self.rate

    def _say(self, text: str, voice: Voice, rate: float) -> Speech:
        request = {
            "text": text,
            "voice": voice.name,
            "rate": round(min(max(rate, RATES[0]), RATES[1])),
            "pitch": _pitch(voice.pitch),
        }
        with self._lock:
            answer, audio = self._ask(request)
        if "error" in answer:
            raise EngineError(answer["error"], subject=voice.name)
        samples = np.frombuffer(audio, "<i2").astype(np.float32) / np.float32(32768)
        return _trimmed(samples, self.rate, text, answer)

    def _ask(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """The worker's answer; a worker that died is started once more."""
        try:
            return self._start().ask(request)
        except _WorkerGone as gone:
            log.warning("the voice's process ended (%s) and is started again", gone)
            self._worker = None
        try:
            return self._start().ask(request)
        except _WorkerGone as gone:
            self._worker = None
            raise EngineError(
                f"the voice's process ended ({gone})",
                subject=request["text"][:60],
                cure="change this line, or choose another --tts",
            ) from gone

    def _start(self) -> _Worker:
        if self._worker is None:
            try:
                self._worker = _Worker()
            except (_WorkerGone, OSError) as error:
                raise EngineError(
                    f"espeak-ng cannot be started ({error})",
                    cure="pip install --force-reinstall espeakng-loader",
                ) from error
            self.rate = self._worker.rate
        return self._worker


class _WorkerGone(Exception):  # noqa: N818 - no error of ours: it never leaves this module
    """The worker's process has ended."""


class _Worker:
    """The running process."""

    def __init__(self) -> None:
        self._complaints: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in end()
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(WORKER), str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
        )
        hello, _ = self._receive()
        if "error" in hello:
            self.end()
            raise _WorkerGone(hello["error"])
        self.version, self.rate = str(hello["version"]), int(hello["rate"])

    def ask(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        assert self._process.stdin is not None
        try:
            write_message(self._process.stdin, request)
        except OSError as error:
            raise _WorkerGone(self._reason()) from error
        return self._receive()

    def end(self) -> None:
        """Let the process end, and wait for it."""
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._complaints.close()

    def _receive(self) -> tuple[dict[str, Any], bytes]:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE_SECONDS)
        if not ready:
            self._process.kill()
        try:
            return read_message(self._process.stdout)
        except (EOFError, OSError) as error:
            raise _WorkerGone(self._reason()) from error

    def _reason(self) -> str:
        """Why it ended: its last words, or how."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(END_SECONDS)
        self._complaints.seek(0)
        lines = self._complaints.read().decode("utf-8", "replace").strip().splitlines()
        code = self._process.returncode
        self.end()
        return lines[-1] if lines else f"code {code}"


def _pitch(factor: float) -> int:
    """espeak's pitch for a factor of the fundamental frequency."""
    return round(min(max(MIDDLE_PITCH + PITCH_PER_E * math.log(factor), 0), 99))


def _trimmed(samples: Samples, rate: int, text: str, answer: dict[str, Any]) -> Speech:
    """The speech without the silence around it; its times count from where it then begins."""
    heard = np.flatnonzero(np.abs(samples) > SILENCE)
    if not len(heard):
        raise EngineError("the voice said nothing", subject=text)
    pad = round(PAD_SECONDS * rate)
    first, last = max(0, int(heard[0]) - pad), min(len(samples), int(heard[-1]) + 1 + pad)
    length = (last - first) / rate

    def clock(milliseconds: float) -> float:
        return min(max(milliseconds / 1000 - first / rate, 0.0), length)

    sounds = [(clock(ms), ipa.translate(STRESS)) for ms, ipa in answer["phonemes"]]
    phonemes = _phonemes(sounds, length)
    starts = [(clock(ms), text[start : start + count]) for ms, start, count in answer["words"]]
    return Speech(samples[first:last], phonemes, _words(starts, phonemes, length))


def _phonemes(sounds: list[tuple[float, str]], length: float) -> tuple[Phoneme, ...]:
    """Each sound ends where the next begins; pauses (no IPA) are gaps between sounds."""
    ends = [start for start, _ in sounds[1:]] + [length]
    return tuple(
        Phoneme(ipa, start, end)
        for (start, ipa), end in zip(sounds, ends, strict=True)
        if ipa and end > start
    )


def _words(
    starts: list[tuple[float, str]], phonemes: tuple[Phoneme, ...], length: float
) -> tuple[Word, ...]:
    """Each word ends with its last sound, before the next word."""
    bounds = [start for start, _ in starts[1:]] + [length]
    words = []
    for (start, text), bound in zip(starts, bounds, strict=True):
        ends = [phoneme.end for phoneme in phonemes if start < phoneme.end <= bound + 1e-6]
        end = max(ends, default=bound)
        if text.strip():
            words.append(Word(text.strip(), start, max(start, end)))
    return tuple(words)
