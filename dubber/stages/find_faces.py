"""Find the faces of a film and follow them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from dubber.lipsync.cuts import COLUMNS, CutDetector
from dubber.lipsync.follow import TrackBuilder
from dubber.media.cut import Film, open_film
from dubber.protocols import FaceFinder, Progress, silent

if TYPE_CHECKING:
    from dubber.media.video import Frame


def find_faces(
    video: Film, finder: FaceFinder, *, target: Path, progress: Progress = silent
) -> None:
    """Write the face tracks of `video` to `target` (npz, `lipsync.tracks`).

    Reads the film once, frame by frame. A film without a face gives a file without tracks.
    Progress in seconds.
    """
    builder, cuts = TrackBuilder(), CutDetector()
    with open_film(video) as reader:
        whole = reader.stream.duration if isinstance(video, Path) else video.length
        passed: deque[tuple[Frame, bool]] = deque()

        def watched(frames: Iterable[Frame]) -> Iterator[Frame]:
            for frame in frames:
                passed.append((frame, cuts.is_cut(frame.thumbnail(COLUMNS))))
                yield frame

        for faces in finder.find(watched(reader)):
            frame, cut = passed.popleft()
            builder.add(frame.time, faces, cut=cut, picture=frame)
            progress(min(frame.time, whole), whole)
    builder.finish().save(target)
    progress(whole, whole)
