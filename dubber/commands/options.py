"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from dubber.config import ADAPT, LipOptions

Command = Callable[..., Any]

lips = click.option(
    "--lips", default="", metavar="NAME[:PATH]", help="Lip renderer (see `dub engines`)."
)
adapt = click.option(
    "--adapt",
    type=click.Choice(ADAPT),
    default=LipOptions().adapt,
    show_default=True,
    help="Fit lips.gan to each face: fast (a second), best (half a minute; needs torch) or off.",
)
quiet = click.option("-q", "--quiet", is_flag=True, help="Print results and errors only.")
overwrite = click.option("--overwrite", is_flag=True, help="Replace what stands at OUT.")


def speech(command: Command) -> Command:
    """What is said, and what the mouths were asked: `dub lipsync` and `dub talk`."""
    for option in (
        click.option("--audio", type=click.Path(path_type=Path), required=True, help="Any speech."),
        click.option(
            "--text", default="", help="What is said: p, b and m close the lips for sure."
        ),
        click.option("--language", default="", metavar="LANG", help="The language of --text."),
        click.option(
            "--keep-asked",
            type=click.Path(path_type=Path),
            metavar="FILE.npz",
            help="What the mouths were asked to do, for `dub evaluate lips`.",
        ),
    )[::-1]:
        command = option(command)
    return command
