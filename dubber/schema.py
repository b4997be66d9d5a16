"""The nouns of the tool, and how they are written down.

Everything is a frozen value: change one with `dataclasses.replace`. Times are float seconds on the
clock of the source video (a take's own times start at 0). A value checks itself at birth and is
trusted from then on. `to_json`/`read_json` are the only way in and out of files.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from dubber.errors import DataError

MAX_JSON_BYTES = 64 << 20

#: Mouth shapes a language pack may map its phonemes to; `lipsync.visemes` gives them geometry.
VISEMES = (
    "rest",  # silence
    "bilabial",  # p b m
    "labiodental",  # f v ʋ
    "dental",  # t̪ d̪ θ ð
    "alveolar",  # t d s z n l r
    "postalveolar",  # ʃ tʃ dʒ, and retroflex ʈ ɖ ɳ ɭ
    "velar",  # k g ŋ h x
    "open",  # a ɑ aː
    "mid",  # ə ʌ ɛ
    "spread",  # i ɪ e j
    "round",  # o ɔ
    "close_round",  # u ʊ w
)


def _check_span(start: float, end: float) -> None:
    if not (math.isfinite(start) and math.isfinite(end) and 0 <= start <= end):
        raise DataError(f"bad span: {start} .. {end}")


@dataclass(frozen=True, slots=True)
class Word:
    """One word with its time. `probability` is the recogniser's, 0 to 1, where it gave one."""

    text: str
    start: float
    end: float
    probability: float | None = None

    def __post_init__(self) -> None:
        _check_span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Weighed:
    """What spoke for and against a translation: how many seconds it takes to say, the shares of the
    numbers and of a glossary's terms it keeps, and the sum by which it was chosen."""

    seconds: float
    numbers: float
    terms: float
    total: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """One translation of a sentence; `score` is its mean natural-log probability a token."""

    text: str
    score: float
    weighed: Weighed | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Why a segment's translation was taken: the seconds of its own `slot`, those of its `room`
    with the silence it may borrow, and the `reason` in words."""

    slot: float
    room: float
    reason: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of one speaker's speech, at most a few sentences long. `id` lives to the report.

    In a translation `text` is in the target language and `source_text` says what it translates;
    that is how the next run knows which segments are still right. `candidates` are then the
    translations it was chosen from, the chosen one first, and `confidence` is the translator's.
    """

    id: str
    start: float
    end: float
    text: str
    words: tuple[Word, ...] = ()
    speaker: str = ""
    confidence: float | None = None
    source_text: str = ""
    candidates: tuple[Candidate, ...] = ()
    choice: Choice | None = None

    def __post_init__(self) -> None:
        _check_span(self.start, self.end)
        if not self.id:
            raise DataError("a segment without an id")

    @property
    def duration(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Transcript:
    """Segments in one language, in order of time. `made_by` names the engine, or "human"."""

    language: str
    segments: tuple[Segment, ...]
    made_by: str = ""

    def __post_init__(self) -> None:
        ids = [segment.id for segment in self.segments]
        if len(set(ids)) != len(ids):
            raise DataError("two segments share an id")
        starts = [segment.start for segment in self.segments]
        if starts != sorted(starts):
            raise DataError("segments are not in order of time")

    def __getitem__(self, segment_id: str) -> Segment:
        for segment in self.segments:
            if segment.id == segment_id:
                return segment
        raise KeyError(segment_id)


@dataclass(frozen=True, slots=True)
class Phoneme:
    """One sound as the voice spoke it: IPA, with seconds from the start of its take."""

    ipa: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice to speak with: an engine's own name for it, and how to bend it.

    `pitch` multiplies the fundamental frequency; `rate` multiplies the speed.
    """

    name: str
    language: str
    gender: str = ""
    pitch: float = 1.0
    rate: float = 1.0


@dataclass(frozen=True, slots=True)
class Take:
    """One spoken rendering of one segment. `audio` is a wav beside the file that names it."""

    segment_id: str
    text: str
    audio: str
    length: float
    speed: float
    phonemes: tuple[Phoneme, ...] = ()
    words: tuple[Word, ...] = ()
    voice: str = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """When a segment's dub may sound: from `start` to `end`, and on to `limit` by borrowing the
    silence that follows (never past the next segment's start)."""

    segment_id: str
    start: float
    end: float
    limit: float

    def __post_init__(self) -> None:
        _check_span(self.start, self.end)
        _check_span(self.end, self.limit)


@dataclass(frozen=True, slots=True)
class Clip:
    """A take laid on the timeline: it starts at `start` and sounds for `length` seconds.

    `stretch` is how much faster than the take it plays (1.0: as spoken). A take is never cut.
    """

    take: Take
    start: float
    length: float
    stretch: float = 1.0

    @property
    def segment_id(self) -> str:
        return self.take.segment_id

    @property
    def end(self) -> float:
        return self.start + self.length


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should look at: which segment (or ""), a kind, and one line."""

    kind: str
    message: str
    segment_id: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Where every take lies, on the source's clock; `length` is the whole film's."""

    language: str
    length: float
    clips: tuple[Clip, ...]
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class VideoStream:
    """The picture. `frame_rate` is the average; `rotation` is degrees clockwise to show it upright;
    `width` and `height` are as stored (before rotation); `frames` is the container's count or 0;
    a `mirrored` picture is shown flipped left to right before it is turned."""

    index: int
    codec: str
    width: int
    height: int
    frame_rate: Fraction
    frames: int
    duration: float
    start: float
    pixel_format: str
    rotation: int = 0
    sample_aspect_ratio: Fraction = Fraction(1)
    colour: Mapping[str, str] = field(default_factory=dict)
    interlaced: bool = False
    mirrored: bool = False

    @property
    def hdr(self) -> bool:
        return self.colour.get("transfer") in {"smpte2084", "arib-std-b67"}


@dataclass(frozen=True, slots=True)
class AudioStream:
    """One sound track."""

    index: int
    codec: str
    rate: int
    channels: int
    duration: float
    start: float
    language: str = ""
    default: bool = False


@dataclass(frozen=True, slots=True)
class Media:
    """What a file holds, as probed: never from its name."""

    path: Path
    format: str
    duration: float
    video: VideoStream | None
    audio: tuple[AudioStream, ...]
    subtitles: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """One video to dub into the given languages, with results under `out`."""

    video: Path
    source: str
    targets: tuple[str, ...]
    out: Path


@dataclass(frozen=True, slots=True)
class Result:
    """What a job left for one target language."""

    target: str
    video: Path
    subtitles: tuple[Path, ...]
    report: Path
    notices: tuple[Notice, ...] = ()


def write_json(value: Mapping[str, Any]) -> str:
    """Readable, stable JSON: a person may edit it, and equal values give equal bytes."""
    return json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def read_json(path: Path, *, schema: str) -> dict[str, Any]:
    """The object in `path`, whose "schema" must be `schema`.

    DataError for anything else: no JSON, too large, too deep, NaN or infinity, another schema.
    """
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise DataError("too large to be ours", subject=path)
        value = json.loads(path.read_text(encoding="utf-8-sig"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"not readable as JSON ({str(error)[:80]})",
            subject=path,
            cure="mend it, or delete it to have it made again",
        ) from error
    found = value.get("schema") if isinstance(value, dict) else None
    if found != schema:
        raise DataError(f"expected schema {schema}, found {found!r}", subject=path)
    return dict(value)


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not a number we accept")


def transcript_to_json(transcript: Transcript) -> str:
    return write_json(
        {
            "schema": "transcript/1",
            "language": transcript.language,
            "made_by": transcript.made_by,
            "segments": [_segment_to_dict(segment) for segment in transcript.segments],
        }
    )


def _segment_to_dict(segment: Segment) -> dict[str, Any]:
    record: dict[str, Any] = {
        "id": segment.id,
        "start": round(segment.start, 3),
        "end": round(segment.end, 3),
        "text": segment.text,
    }
    if segment.source_text:
        record["source_text"] = segment.source_text
    if segment.speaker:
        record["speaker"] = segment.speaker
    if segment.confidence is not None:
        record["confidence"] = round(segment.confidence, 3)
    if segment.words:
        record["words"] = [
            [w.text, round(w.start, 3), round(w.end, 3)]
            + ([] if w.probability is None else [round(w.probability, 3)])
            for w in segment.words
        ]
    if segment.candidates:
        record["candidates"] = [_candidate_to_list(c) for c in segment.candidates]
    if segment.choice:
        record["choice"] = asdict(segment.choice)
    return record


def _candidate_to_list(candidate: Candidate) -> list[Any]:
    why = candidate.weighed
    reasons = [{k: round(v, 3) for k, v in asdict(why).items()}] if why else []
    return [candidate.text, round(candidate.score, 3), *reasons]


def _candidate_from_list(record: Sequence[Any]) -> Candidate:
    weighed = Weighed(**{k: float(v) for k, v in record[2].items()}) if len(record) > 2 else None
    return Candidate(_text(record[0]), float(record[1]), weighed)


def transcript_from_json(path: Path) -> Transcript:
    """The transcript in `path`; DataError with the file and the segment where it is wrong."""
    value = read_json(path, schema="transcript/1")
    place = "the file"
    try:
        segments = []
        for number, record in enumerate(value["segments"], 1):
            place = f"segment {record.get('id', number)}"
            segments.append(_segment_from_dict(record))
        place = "the segments"
        return Transcript(str(value["language"]), tuple(segments), str(value.get("made_by", "")))
    except DataError as error:
        raise DataError(f"{place}: {error.what}", subject=path) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(
            f"{place} is not right ({type(error).__name__}: {error})", subject=path
        ) from error


def _segment_from_dict(record: Mapping[str, Any]) -> Segment:
    confidence = record.get("confidence")
    return Segment(
        id=str(record["id"]),
        start=float(record["start"]),
        end=float(record["end"]),
        text=_text(record["text"]),
        words=tuple(
            Word(_text(w[0]), float(w[1]), float(w[2]), float(w[3]) if len(w) > 3 else None)
            for w in record.get("words", ())
        ),
        speaker=str(record.get("speaker", "")),
        confidence=None if confidence is None else float(confidence),
        source_text=_text(record.get("source_text", "")),
        candidates=tuple(_candidate_from_list(c) for c in record.get("candidates", ())),
        choice=_choice_from_dict(record.get("choice")),
    )


def _choice_from_dict(record: Mapping[str, Any] | None) -> Choice | None:
    if record is None:
        return None
    return Choice(float(record["slot"]), float(record["room"]), _text(record["reason"]))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a text was expected, not {value!r}")
    return value


def timeline_to_json(timeline: Timeline) -> str:
    return write_json(
        {
            "schema": "timeline/1",
            "language": timeline.language,
            "length": round(timeline.length, 6),
            "clips": [
                {
                    "start": round(clip.start, 6),
                    "length": round(clip.length, 6),
                    "stretch": round(clip.stretch, 6),
                    "take": take_to_dict(clip.take),
                }
                for clip in timeline.clips
            ],
            "notices": [[n.kind, n.message, n.segment_id] for n in timeline.notices],
        }
    )


def timeline_from_json(path: Path) -> Timeline:
    value = read_json(path, schema="timeline/1")
    try:
        return Timeline(
            language=str(value["language"]),
            length=float(value["length"]),
            clips=tuple(
                Clip(take_from_dict(c["take"]), c["start"], c["length"], c["stretch"])
                for c in value["clips"]
            ),
            notices=tuple(Notice(*n) for n in value["notices"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"not a timeline ({error})", subject=path) from error


def take_to_dict(take: Take) -> dict[str, Any]:
    return {
        "segment_id": take.segment_id,
        "text": take.text,
        "audio": take.audio,
        "length": round(take.length, 6),
        "speed": round(take.speed, 6),
        "voice": take.voice,
        "phonemes": [[p.ipa, round(p.start, 4), round(p.end, 4)] for p in take.phonemes],
        "words": [[w.text, round(w.start, 4), round(w.end, 4)] for w in take.words],
    }


def take_from_dict(record: Mapping[str, Any]) -> Take:
    return Take(
        segment_id=record["segment_id"],
        text=record["text"],
        audio=record["audio"],
        length=record["length"],
        speed=record["speed"],
        voice=record["voice"],
        phonemes=tuple(Phoneme(*p) for p in record["phonemes"]),
        words=tuple(Word(*w) for w in record["words"]),
    )
