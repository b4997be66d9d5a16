"""What `make demo` does: make the sample clip, dub it from Hindi to Tamil, say where it is.

python examples/demo.py FOLDER
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    sample = folder / "sample.mp4"
    begun = time.monotonic()
    if not sample.exists():
        print("making the sample clip …", flush=True)
        subprocess.run([sys.executable, str(HERE / "make_sample.py"), str(sample)], check=True)
    command = ["-m", "dubber", str(sample), "--src", "hi", "--tgt", "ta", "-o", str(folder)]
    print("dub " + " ".join(command[2:]), flush=True)
    code = subprocess.run([sys.executable, *command], check=False, cwd=HERE.parent).returncode
    if code:
        return code
    for line in (
        "",
        f"done in {time.monotonic() - begun:.0f} s",
        f"  before     {sample}",
        f"  after      {folder / 'sample.ta.mp4'}",
        f"  subtitles  {folder / 'sample.ta.srt'}",
        f"  report     {folder / 'sample.ta.json'}",
    ):
        print(line)
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]).resolve()))
