"""espeak-ng in a process of its own: the only code that loads the library (GPL-3).

Run by path, with nothing but the standard library and `espeakng_loader`; nothing of this program is
imported here and the library is never loaded by the program. Messages on stdin and stdout are

    4 bytes, big-endian: length of the head | head: JSON | `audio_bytes` bytes of 16-bit mono PCM

A request's head is {"text", "voice", "rate" (words a minute), "pitch" (0 to 100)}; the answer's
is {"rate" (Hz), "audio_bytes", "phonemes": [[ms, ipa]], "words": [[ms, start, length]]} with
places in the text counted in characters from 0, or {"error", "audio_bytes": 0}. The first message
is the worker's own: {"version", "rate", "audio_bytes": 0}. It ends when stdin does, or its parent.
"""

from __future__ import annotations

import ctypes
import functools
import json
import os
import signal
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

HEAD = struct.Struct(">I")
PR_SET_PDEATHSIG = 1
SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS: samples go to the callback, and no thread is made
PHONEME_EVENTS, PHONEME_IPA = 0x1, 0x2  # espeakINITIALIZE_*
BUFFER_MS = 500
RATE, PITCH = 1, 3  # espeak_PARAMETER
UTF8, CHARACTERS = 1, 1  # espeakCHARS_UTF8; positions are counted in characters
END_OF_LIST, WORD, PHONEME = 0, 1, 7  # espeak_EVENT_TYPE


class _Id(ctypes.Union):
    _fields_ = (
        ("number", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("string", ctypes.c_char * 8),  # may fill all 8 bytes and cut a letter in two
    )


class _Event(ctypes.Structure):
    """espeak_EVENT of speak_lib.h."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),  # milliseconds
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    )


class _Voice(ctypes.Structure):
    """The head of espeak_VOICE."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
    )


class Library:
    """The loaded library. It speaks once: see `_in_child`."""

    def __init__(self) -> None:
        import espeakng_loader

        data = Path(espeakng_loader.get_data_path())
        self._espeak = ctypes.CDLL(espeakng_loader.get_library_path())
        os.chdir(data.parent)  # espeak-ng keeps a short buffer for the path of its data
        self.rate: int = self._espeak.espeak_Initialize(
            SYNCHRONOUS, BUFFER_MS, data.name.encode(), PHONEME_EVENTS | PHONEME_IPA
        )
        if self.rate <= 0:
            raise RuntimeError("espeak-ng cannot read its data")
        self._espeak.espeak_ng_SetRandSeed(1)  # breathy variants are made of noise
        self._espeak.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
        self._espeak.espeak_Info.restype = ctypes.c_char_p
        self.version: str = self._espeak.espeak_Info(None).decode()
        kind = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
        )
        self._callback = kind(self._take)  # must outlive the calls
        self._espeak.espeak_SetSynthCallback(self._callback)
        self._samples = bytearray()
        self._phonemes: list[tuple[int, str]] = []
        self._words: list[tuple[int, int, int]] = []

    def _name(self, voice: str) -> str:
        """The library's name for a voice given by a language code, such as en-gb+f3."""
        code, plus, variant = voice.partition("+")
        listed, number = self._espeak.espeak_ListVoices(None), 0
        while listed[number]:
            found = listed[number].contents
            first_code = ctypes.string_at(found.languages + 1)  # after one byte of priority
            if first_code.decode() == code:
                identifier: str = found.identifier.decode()
                return identifier + plus + variant
            number += 1
        return voice

    def _take(self, samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            self._samples += ctypes.string_at(samples, count * 2)
        number = 0
        while events[number].type != END_OF_LIST:
            event = events[number]
            if event.type == PHONEME:
                ipa = event.id.string.decode("utf-8", "ignore")
                self._phonemes.append((event.audio_position, ipa))
            elif event.type == WORD:
                place = max(0, event.text_position - 1)
                self._words.append((event.audio_position, place, event.length))
            number += 1
        return 0

    def say(self, text: str, voice: str, rate: int, pitch: int) -> tuple[dict[str, Any], bytes]:
        if self._espeak.espeak_SetVoiceByName(self._name(voice).encode()):
            raise LookupError(f"espeak-ng has no voice {voice}")
        self._espeak.espeak_SetParameter(RATE, rate, 0)
        self._espeak.espeak_SetParameter(PITCH, pitch, 0)
        data = text.encode() + b"\0"
        size = ctypes.c_size_t(len(data))
        failed = self._espeak.espeak_Synth(data, size, 0, CHARACTERS, 0, UTF8, None, None)
        if failed or self._espeak.espeak_Synchronize():
            raise RuntimeError(f"espeak-ng failed ({failed})")
        head = {"rate": self.rate, "phonemes": self._phonemes, "words": self._words}
        return head, bytes(self._samples)


def write_message(stream: IO[bytes], head: dict[str, Any], audio: bytes = b"") -> None:
    """One message; `audio_bytes` is added to its head."""
    record = json.dumps({**head, "audio_bytes": len(audio)}).encode()
    stream.write(HEAD.pack(len(record)) + record + audio)
    stream.flush()


def read_message(stream: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    """The next message. EOFError where the stream ends."""
    (length,) = HEAD.unpack(_exactly(stream, HEAD.size))
    head = json.loads(_exactly(stream, length))
    return head, _exactly(stream, head["audio_bytes"])


def _exactly(stream: IO[bytes], count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError("the other side has ended")
    return data


def _die_with_parent(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the parent has ended")


def main(arguments: list[str]) -> None:
    """Serve until stdin ends. `arguments` holds the parent's process id."""
    _die_with_parent(int(arguments[0]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever the library prints must not get between the messages
    _in_child(answers, _hello)
    while True:
        try:
            head, _ = read_message(sys.stdin.buffer)
        except EOFError:
            return
        _in_child(answers, functools.partial(_say, head))


def _hello() -> tuple[dict[str, Any], bytes]:
    library = Library()
    return {"version": library.version, "rate": library.rate}, b""


def _say(head: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    return Library().say(head["text"], head["voice"], head["rate"], head["pitch"])


def _in_child(answers: IO[bytes], work: Callable[[], tuple[dict[str, Any], bytes]]) -> None:
    """Each line is spoken by a fork of its own: espeak-ng carries noise and flutter over from line
    to line, and so equal words give equal sound; and a crash costs no more than its line.

    The library is started in the fork, never before it: it makes a thread and locks, and a fork
    that inherits those waits for ever.
    """
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        if status:
            write_message(answers, {"error": f"espeak-ng crashed (status {status})"})
        return
    code = 1
    try:
        try:
            answer, audio = work()
        except (LookupError, RuntimeError) as error:
            answer, audio = {"error": str(error)}, b""
        write_message(answers, answer, audio)
        code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1:])
