"""The report of one dub: what was made from what, by which engines, and what to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from dubber.schema import Clip, Notice, Timeline, Transcript, write_json


def report_to_json(
    *,
    files: Mapping[str, Mapping[str, str]],
    engines: Mapping[str, Mapping[str, str]],
    said: Transcript,
    timeline: Timeline,
    facts: Mapping[str, Any],
    notices: Sequence[Notice],
) -> str:
    """The report as JSON, "report/1": equal for equal results, so it holds no times of day."""
    clips = {clip.segment_id: clip for clip in timeline.clips}
    return write_json(
        {
            "schema": "report/1",
            **files,
            "language": said.language,
            "engines": dict(engines),
            **facts,
            "notices": [asdict(notice) for notice in notices],
            "segments": [
                {
                    "id": segment.id,
                    "start": round(segment.start, 3),
                    "end": round(segment.end, 3),
                    "heard": segment.source_text,
                    "said": segment.text,
                    "confidence": segment.confidence,
                    **_placed(clips.get(segment.id)),
                }
                for segment in said.segments
            ],
        }
    )


def _placed(clip: Clip | None) -> dict[str, float]:
    if clip is None:
        return {}
    return {
        "dub_start": round(clip.start, 3),
        "dub_end": round(clip.end, 3),
        "speed": round(clip.take.speed * clip.stretch, 3),
    }


def fits_told(fits: Sequence[Mapping[str, Any]]) -> str:
    """What came of fitting a renderer to people (`SyncReport.fits`), in one line; "" where none was
    tried."""
    tried = [fit for fit in fits if "before" in fit]
    if not tried:
        return ""
    kept = [fit for fit in tried if fit["kept"]]
    line = f"mouths fitted ({tried[0]['way']}) to {len(kept)} of {len(tried)} faces"
    if not kept:
        return f"{line}: on held-out frames the trained weights were as good"
    before, after = (sum(fit[name] for fit in kept) / len(kept) for name in ("before", "after"))
    return f"{line}: held-out error {before:.2f} to {after:.2f} of 255"
