"""`python -m benchmarks NAME …`: each name is a module here with `main(arguments)`."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).parent


def main(arguments: list[str]) -> None:
    names = sorted(path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_"))
    if not arguments or arguments[0] not in names:
        sys.exit(f"python -m benchmarks {'|'.join(names)} …")
    import_module(f"benchmarks.{arguments[0]}").main(arguments[1:])


main(sys.argv[1:])
