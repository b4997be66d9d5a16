"""What the keys and files of a job's steps are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dubber.languages import Language
from dubber.schema import Timeline, Transcript, timeline_to_json, transcript_to_json
from dubber.subtitles import write_subtitles
from dubber.subtitles.limits import summary
from dubber.workspace import key_of


def writer(make: Callable[[], Transcript]) -> Callable[[Path], None]:
    """What builds the file of the transcript that `make` gives."""

    def build(draft: Path) -> None:
        draft.write_text(transcript_to_json(make()), encoding="utf-8")

    return build


def cue_writer(transcript: Transcript, language: Language) -> Callable[[Path], Mapping[str, Any]]:
    """What builds a subtitle file, with what its readers cannot keep up with."""

    def build(draft: Path) -> Mapping[str, Any]:
        cues, found = write_subtitles(transcript, draft, language=language)
        return {"summary": summary(found, cues), "breaches": [asdict(breach) for breach in found]}

    return build


def spans(transcript: Transcript) -> list[tuple[float, float]]:
    """When somebody speaks."""
    return [(segment.start, segment.end) for segment in transcript.segments]


def recognition_facts(language: Language) -> list[str]:
    """What of a language pack shapes what is heard."""
    return [
        language.code,
        language.codes.get("whisper", ""),
        language.asr_decode_as,
        language.asr_script_recovery,
    ]


def pack_digest(language: Language) -> str:
    """A digest of all a language pack says, so that a changed pack remakes what it shapes."""
    return key_of("pack", {}, {"facts": repr(language)})[:16]


def digest_of(transcript: Transcript) -> str:
    """One hash for all that a transcript says."""
    return key_of("transcript", {}, {"text": transcript_to_json(transcript)})


def timeline_digest(timeline: Timeline) -> str:
    """One hash for all that a timeline says."""
    return key_of("timeline", {}, {"text": timeline_to_json(timeline)})
