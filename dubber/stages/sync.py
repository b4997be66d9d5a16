"""Re-draw the mouths that speak so that they follow the new voice; everything else passes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dubber.config import LipOptions
from dubber.languages import Language
from dubber.lipsync.drive import Drive, Spoken
from dubber.lipsync.redraw import Cast
from dubber.lipsync.reference import References
from dubber.lipsync.roles import plan_roles
from dubber.lipsync.tracks import FaceTracks
from dubber.media.cut import Film, open_film
from dubber.media.video import VideoWriter
from dubber.protocols import HearingRenderer, LipRenderer, Progress, Sound, silent
from dubber.schema import Timeline


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What was drawn. `changed` False: nothing was, and no file was written."""

    changed: bool
    frames: int = 0  # of the film
    drawn: int = 0  # of them with a mouth of ours
    faces: int = 0  # tracks whose mouths were drawn
    shown: float = 0.0  # part of the drawn stretches in which our mouth could be shown
    fits: tuple[dict[str, Any], ...] = ()  # how the renderer was fitted to each person


def sync(  # noqa: PLR0913  what is drawn, from what, how: no fewer
    video: Film,
    faces: Path,
    timeline: Timeline,
    renderer: LipRenderer,
    *,
    language: Language | None,
    target: Path,
    speech: Sequence[tuple[float, float]] = (),
    options: LipOptions,
    drive: Drive | None = None,
    sound: Callable[[int], Sound] | None = None,
    asked: Path | None = None,
    progress: Progress = silent,
) -> SyncReport:
    """Write `video`'s picture to `target` with the mouths of `timeline`'s speakers re-drawn.

    `faces` is what `find_faces` wrote; `speech` the spans of the original talk, ascending. Without
    a `drive` the mouths follow the timeline's sounds, in `language`; a renderer that hears is
    given `sound` at as many samples a second as it wants. What was asked of them is
    written to `asked` (npz, `lipsync.asked`). Reads the film twice at once, one reading ahead of
    the other. Progress in frames.
    """
    if drive is None:
        if language is None:
            raise ValueError("neither a drive nor the language of the sounds")
        drive = Spoken(timeline.clips, language)
    tracks = FaceTracks.load(faces)
    roles = plan_roles(tracks, timeline, speech, options)
    if not roles:
        return SyncReport(changed=False)
    whole = float(len(tracks.times))
    frames = 0
    with (
        References(video, tracks, roles, renderer) as references,
        open_film(video) as reader,
        VideoWriter(target, reader.stream) as writer,
    ):
        heard = sound(renderer.hears) if sound and isinstance(renderer, HearingRenderer) else None
        cast = Cast(tracks, roles, references, drive, heard)
        for frame in cast.play(reader):
            writer.write(frame)
            frames += 1
            progress(min(whole, frames), whole)
    if asked is not None:
        cast.asked([(clip.start, clip.end) for clip in timeline.clips]).save(asked)
    progress(whole, whole)
    weights = np.concatenate([role.weight for role in roles])
    return SyncReport(
        changed=True,
        frames=frames,
        drawn=cast.drawn,
        faces=len({role.track.id for role in roles}),
        shown=round(float((weights > 0.5).mean()), 4),
        fits=tuple(cast.fits),
    )
