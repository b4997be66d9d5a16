"""Frames of a clip above the same frames of its dub: the picture in the README.

python examples/before_after.py BEFORE.mp4 AFTER.mp4 OUT.png [SECONDS …]
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from dubber.media.video import VideoReader

WIDTH = 240  # pixels of one frame in the sheet
AT = (2.4, 3.2, 6.0, 9.2, 12.4, 16.0)  # seconds


def frames(path: Path, times: list[float]) -> np.ndarray:
    """The frames of `path` nearest to `times`, side by side, BGR."""
    wanted, shown = sorted(times), []
    with VideoReader(path) as reader:
        for frame in reader:
            if frame.time + 1e-6 >= wanted[len(shown)]:
                image = frame.bgr()
                height = round(WIDTH * image.shape[0] / image.shape[1])
                shown.append(cv2.resize(image, (WIDTH, height), interpolation=cv2.INTER_AREA))
                if len(shown) == len(wanted):
                    break
    return np.hstack(shown)


def main(before: Path, after: Path, target: Path, times: list[float]) -> None:
    sheet = np.vstack([frames(before, times), frames(after, times)])
    target.write_bytes(cv2.imencode(".png", sheet)[1].tobytes())
    print(target)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(*map(Path, sys.argv[1:4]), [float(word) for word in sys.argv[4:]] or list(AT))
