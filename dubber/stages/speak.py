"""Speak every segment of a translation, at the speed that its slot asks for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from dubber.config import TimingOptions
from dubber.errors import DubError, EngineError
from dubber.media.audio import open_wav, write_wav
from dubber.media.gate import draft_of, writing
from dubber.protocols import Progress, Synthesizer, silent
from dubber.schema import (
    Segment,
    Slot,
    Take,
    Transcript,
    Voice,
    read_json,
    take_from_dict,
    take_to_dict,
    write_json,
)
from dubber.timing.place import TOLERANCE, free_after, place, speed_for

TRIES = 3  # a voice may miss the length asked for, and is asked again
SCHEMA = "take/1"

Reading = Callable[[str], str]


def speak(
    translation: Transcript,
    slots: Sequence[Slot],
    synthesizer: Synthesizer,
    *,
    read: Reading,
    voice: Voice,
    folder: Path,
    options: TimingOptions,
    progress: Progress = silent,
) -> tuple[Take, ...]:
    """One take a segment, in order; none for a segment in which there is nothing to say.

    `read` turns what is written into what is said (`text.spoken.spoken_form`).

    Each is a wav in `folder` with a JSON of its times beside it, named by what it was made from:
    a line that has not changed is not spoken again. EngineError, naming the segment, if the voice
    fails.
    """
    by_id = {slot.segment_id: slot for slot in slots}
    shelf = _Shelf(synthesizer, voice, folder)
    takes: list[Take] = []
    free = 0.0
    for number, segment in enumerate(translation.segments, 1):
        text = read(segment.text)
        if any(letter.isalnum() for letter in text):
            slot = by_id[segment.id]
            take = _spoken_in_time(shelf, segment, text, slot, free, options)
            takes.append(replace(take, segment_id=segment.id))
            free = free_after(place(take.length, slot=slot, free=free, options=options), options)
        progress(number, len(translation.segments))
    return tuple(takes)


def _spoken_in_time(
    shelf: _Shelf, segment: Segment, text: str, slot: Slot, free: float, options: TimingOptions
) -> Take:
    """`text` at the speed its slot asks for. The take's `speed` is the one that was reached."""
    try:
        natural = shelf.take(text, speed=1.0)
        begin = max(slot.start, free)
        wanted = speed_for(natural.length, begin=begin, slot=slot, options=options)
        asked, take = wanted, natural
        for _ in range(TRIES):
            if asked == 1.0:
                return natural
            spoken = shelf.take(text, speed=asked)
            take = replace(spoken, speed=natural.length / spoken.length)
            over = take.length - natural.length / wanted
            if over <= TOLERANCE:
                break
            asked = round(asked * take.length * wanted / natural.length, 3)
        return take
    except EngineError as error:
        what = f"segment {segment.id}: {error.what}"
        raise EngineError(what, subject=error.subject, cure=error.cure) from error


class _Shelf:
    """The takes that stand in a folder, and the voice that speaks those that do not."""

    def __init__(self, synthesizer: Synthesizer, voice: Voice, folder: Path) -> None:
        self._synthesizer, self._voice, self._folder = synthesizer, voice, folder
        version = getattr(synthesizer, "version", "")
        self._maker = [synthesizer.name, version, synthesizer.rate, asdict(voice)]

    def take(self, text: str, *, speed: float) -> Take:
        """A take of no segment yet: found, or spoken and kept."""
        key = json.dumps([*self._maker, text, speed], sort_keys=True, ensure_ascii=False)
        name = hashlib.sha256(key.encode()).hexdigest()[:32]
        standing = self._find(name)
        if standing is not None:
            return standing
        speech = self._synthesizer.say(text, self._voice, speed=speed)
        rate = self._synthesizer.rate
        audio = f"{name}.wav"
        take = Take(
            segment_id="",
            text=text,
            audio=audio,
            length=len(speech.samples) / rate,
            speed=speed,
            phonemes=speech.phonemes,
            words=speech.words,
            voice=self._voice.name,
        )
        write_wav(self._folder / audio, speech.samples, rate)
        draft = draft_of(self._folder / f"{name}.json")
        record = write_json({"schema": SCHEMA, "take": take_to_dict(take)})
        with writing(draft):
            draft.write_text(record, encoding="utf-8")
            draft.replace(self._folder / f"{name}.json")
        return take_from_dict(json.loads(record)["take"])  # rounded, as it will be found again

    def _find(self, name: str) -> Take | None:
        path = self._folder / f"{name}.json"
        if not path.is_file():
            return None
        try:
            take = take_from_dict(read_json(path, schema=SCHEMA)["take"])
            with open_wav(self._folder / take.audio) as reader:
                whole = abs(reader.duration - take.length) < 1e-3
        except (DubError, KeyError, TypeError, ValueError):
            return None  # damaged: it is spoken anew
        return take if whole else None
