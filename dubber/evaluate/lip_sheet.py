"""Drawn mouths to look at: a contact sheet, and both films side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dubber.errors import DataError, OutputError
from dubber.evaluate.lip_pictures import Pair, pairs
from dubber.lipsync.asked import AskedMouths
from dubber.lipsync.tracks import FaceTracks
from dubber.media.still import picture_stream_of, shown
from dubber.media.video import VideoReader, VideoWriter
from dubber.protocols import Progress, silent

if TYPE_CHECKING:
    from dubber.protocols import Image, Points

CELL = (150, 150)  # pixels of a face on the sheet
COLUMNS = 12
ROOM = 0.12  # of the face's box around it
MARGIN = 3


def contact_sheet(
    asked: AskedMouths,
    tracks: FaceTracks,
    source: Path,
    output: Path,
    target: Path,
    *,
    faces: int = 48,
) -> int:
    """Write a PNG: `faces` drawn faces evenly through the film, the source's above ours, the
    second written below; how many there are. DataError if nothing was drawn."""
    drawn = sorted(
        int(frame)
        for role in asked.roles
        for frame, weight in zip(role.frames, role.weight, strict=True)
        if weight >= 0.95
    )
    if not drawn:
        raise DataError("no mouth was drawn in it", subject=output)
    places = np.linspace(0, len(drawn) - 1, min(faces, len(drawn))).astype(int)
    wanted = {drawn[place] for place in places}
    cells: list[Image] = []
    with VideoReader(source) as before, VideoReader(output) as after:
        for found in pairs(asked, tracks, before, after):
            if found and found[0].index in wanted:
                cells.append(_cell(found[0]))
    cells = cells[:faces]
    blank = np.zeros_like(cells[0])
    rows = [
        np.hstack([*part, *[blank] * (COLUMNS - len(part))])
        for part in (cells[n : n + COLUMNS] for n in range(0, len(cells), COLUMNS))
    ]
    _write(np.vstack(rows), target)
    return len(cells)


def side_by_side(source: Path, output: Path, target: Path, *, progress: Progress = silent) -> None:
    """Write a film with both pictures beside each other: the source left, ours right."""
    with VideoReader(source) as before, VideoReader(output) as after:
        stream = before.stream
        both = ((a.bgr(), b.bgr(), a.time) for a, b in zip(before, after, strict=False))
        first = next(both, None)
        if first is None:
            raise DataError("no picture in it", subject=source)
        joined = _joined(first[0], first[1])
        like = picture_stream_of(joined, rate=stream.frame_rate, seconds=stream.duration)
        with VideoWriter(target, like) as writer:
            writer.write(shown(joined, 0, time=first[2], rate=stream.frame_rate))
            for index, (one, other, time) in enumerate(both, 1):
                picture = shown(_joined(one, other), index, time=time, rate=stream.frame_rate)
                writer.write(picture)
                progress(min(time, stream.duration), stream.duration)
    progress(stream.duration, stream.duration)


def _joined(one: Image, other: Image) -> Image:
    if one.shape != other.shape:
        raise DataError("the two films have pictures of different sizes")
    return np.ascontiguousarray(np.hstack([one, other]))


def _cell(pair: Pair) -> Image:
    import cv2

    faces = [_face(image, pair.points) for image in (pair.source, pair.output)]
    cell = np.vstack(faces)
    place = (4, cell.shape[0] - 6)
    for colour, thick in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(cell, f"{pair.time:.2f}", place, cv2.FONT_HERSHEY_SIMPLEX, 0.4, colour, thick)
    return np.pad(cell, ((0, MARGIN), (0, MARGIN), (0, 0)))


def _face(image: Image, points: Points) -> Image:
    import cv2

    low, high = points.min(axis=0), points.max(axis=0)
    reach = float((high - low).max()) * (0.5 + ROOM)
    middle = (low + high) / 2
    scale = CELL[0] / (2 * reach)
    matrix = np.array(
        [[scale, 0, CELL[0] / 2 - scale * middle[0]], [0, scale, CELL[1] / 2 - scale * middle[1]]]
    )
    flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.warpAffine(image, matrix, CELL, flags=flags), np.uint8)


def _write(image: Image, target: Path) -> None:
    import cv2

    done, coded = cv2.imencode(".png", image)
    if not done:
        raise OutputError("the sheet cannot be written as PNG", subject=target)
    try:
        target.write_bytes(coded.tobytes())
    except OSError as error:
        raise OutputError(f"cannot write ({error.strerror})", subject=target) from error
