"""Dub videos between Indian languages: `dub(Job(...), DubOptions())` does what the command does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dubber.config import DubOptions
from dubber.errors import DubError
from dubber.schema import Job, Result
from dubber.version import VERSION

if TYPE_CHECKING:
    from dubber.pipeline import dub

__version__ = VERSION
__all__ = ["DubError", "DubOptions", "Job", "Result", "__version__", "dub"]


def __getattr__(name: str) -> Any:
    """`dub`, loaded when it is first asked for: importing the package stays light."""
    if name == "dub":
        from dubber.pipeline import dub

        return dub
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
