"""Lay every take on the timeline: in order, whole, and with a notice where it does not fit."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dubber.config import TimingOptions
from dubber.media.audio import read_wav, write_wav
from dubber.schema import Clip, Notice, Phoneme, Slot, Take, Timeline, Word
from dubber.timing.place import TOLERANCE, Place, free_after, place
from dubber.timing.stretch import stretch

LATE = 0.1  # seconds by which a voice may miss its picture before a person is told


def fit(
    takes: Sequence[Take],
    slots: Sequence[Slot],
    *,
    length: float,
    language_code: str,
    options: TimingOptions,
    folder: Path,
) -> Timeline:
    """The timeline of a film of `length` seconds. Takes are in the order of their slots.

    A take that must be stretched is written anew beside its original in `folder`, and the clip
    holds that one (so a clip's own `stretch` is 1, and its take's times are those of the sound).
    Takes that would collide shift later, never earlier. Notices say which segments are "too-fast",
    "runs-late" or "not-spoken".
    """
    by_id = {take.segment_id: take for take in takes}
    clips: list[Clip] = []
    notices: list[Notice] = []
    free = 0.0
    for slot in slots:
        take = by_id.get(slot.segment_id)
        if take is None:
            notices.append(Notice("not-spoken", "there was nothing to say", slot.segment_id))
            continue
        placed = place(take.length, slot=slot, free=free, options=options)
        notices += _notices(take, slot, placed, length, options)
        if placed.stretch != 1.0:
            take = _stretched(take, placed.stretch, folder)
            placed = replace(placed, length=take.length)
        clips.append(Clip(take, placed.start, placed.length))
        free = free_after(placed, options)
    return Timeline(language_code, length, tuple(clips), tuple(notices))


def _notices(
    take: Take, slot: Slot, placed: Place, length: float, options: TimingOptions
) -> list[Notice]:
    notices = []
    natural, room = take.length * take.speed, max(slot.limit - placed.start, 0.0)
    if natural > (room + TOLERANCE) * options.max_speed:
        needed = f"{natural / room:.2f}x" if room > 0 else "more than any"
        spoken = take.speed * placed.stretch
        notices.append(
            Notice(
                "too-fast",
                f"needs {needed} speed to fit, is spoken at {spoken:.2f}x: shorten the line",
                slot.segment_id,
            )
        )
    late = []
    if placed.start - slot.start > LATE:
        late.append(f"starts {placed.start - slot.start:.1f} s after its speaker")
    if placed.end - length > TOLERANCE:
        late.append(f"ends {placed.end - length:.1f} s after the film")
    elif placed.end - slot.limit > LATE:
        late.append(f"ends {placed.end - slot.limit:.1f} s too late")
    if late:
        notices.append(Notice("runs-late", " and ".join(late), slot.segment_id))
    return notices


def _stretched(take: Take, factor: float, folder: Path) -> Take:
    samples, rate = read_wav(folder / take.audio)
    name = hashlib.sha256(f"{take.audio} {factor:.6f}".encode()).hexdigest()[:32] + ".wav"
    faster = stretch(samples, factor=factor, rate=rate)
    write_wav(folder / name, faster, rate)
    length = len(faster) / rate
    scale = length / take.length
    return replace(
        take,
        audio=name,
        length=length,
        speed=take.speed / scale,
        phonemes=tuple(Phoneme(p.ipa, p.start * scale, p.end * scale) for p in take.phonemes),
        words=tuple(Word(w.text, w.start * scale, w.end * scale) for w in take.words),
    )
