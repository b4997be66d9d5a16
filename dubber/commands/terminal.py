"""What the commands share: exit codes, progress bars, complaints, the log."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from dubber.errors import DubError, printable

EXIT_CODES = """\b
Exit codes: 0 ok · 2 usage · 3 some videos failed · 65 bad media or data · 66 no such input ·
69 model or device unavailable · 73 cannot create output · 74 I/O or disk full · 75 busy ·
77 consent missing · 78 bad configuration · 130 interrupted · 143 terminated"""


@contextmanager
def progress_of(title: str, *, hidden: bool) -> Iterator[Any]:
    """A Report that draws bars on a terminal, or says one line a finished stage elsewhere."""
    from dubber.open_job import Event, quiet

    if hidden:
        yield quiet
        return
    if not sys.stderr.isatty():
        finished: set[tuple[str, str]] = set()

        def plain(event: Event) -> None:
            if event.note:
                click.echo(event.note, err=True)
            elif event.done >= event.whole and (event.stage, event.target) not in finished:
                finished.add((event.stage, event.target))
                click.echo(f"{printable(title)}: {event.stage} {event.target}".rstrip(), err=True)

        yield plain
        return

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[tuple[str, str], Any] = {}

        def drawn(event: Event) -> None:
            if event.note:
                bars.console.print(event.note, markup=False, highlight=False)
                return
            key = (event.stage, event.target)
            if key not in tasks:
                tasks[key] = bars.add_task(f"{event.stage} {event.target}", total=event.whole)
            bars.update(tasks[key], completed=event.done, total=event.whole)

        yield drawn


@contextmanager
def bars() -> Iterator[Any]:
    """What gives a Progress that draws a bar for each stage it is called with."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as drawn:

        def watch(stage: str) -> Any:
            task = drawn.add_task(stage)
            return lambda done, whole: drawn.update(task, completed=done, total=whole)

        yield watch


@contextmanager
def bar(title: str) -> Iterator[Any]:
    """A progress bar for one long command."""
    with bars() as watch:
        yield watch(title)


def complain(error: DubError) -> None:
    click.echo(f"error[{error.exit_code}]: {error}", err=True)


def log_to_terminal(verbose: bool) -> None:
    if verbose:
        logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
