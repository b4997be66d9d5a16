"""The command `dub`: joins the commands of `dubber/commands`, and ends with one line and a
documented exit code. Nothing else in the project prints."""

from __future__ import annotations

import errno
import os
import signal
import sys
from typing import NoReturn

import click

from dubber import __version__
from dubber.commands import look
from dubber.commands.evaluate import evaluate_mt, evaluate_sync
from dubber.commands.lips import evaluate_lips, lipsync, talk, train_ear
from dubber.commands.terminal import EXIT_CODES, complain
from dubber.commands.train_lips import train_lips
from dubber.commands.train_mt import train_mt
from dubber.commands.video import video
from dubber.commands.weights import weights
from dubber.errors import INTERRUPTED, TERMINATED, DubError, OutputError, StorageError


class VideoFirst(click.Group):
    """A group whose default command takes what is not a command's name: `dub talk.mp4 …`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "--version", "-h"):
            args = ["video", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=VideoFirst,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    no_args_is_help=True,
    epilog=EXIT_CODES,
)
@click.version_option(__version__, prog_name="dub")
def dub() -> None:
    """Dub videos between Indian languages.

    \b
    dub talk.mp4 --src hi --tgt ta          one video into Tamil
    dub *.mp4 --src hi --tgt ta,te,bn       many, into three languages each
    dub video --help                        all options of a dub
    """


@dub.group()
def train() -> None:
    """Train the embedded models again (needs the [torch] extra)."""


@dub.group()
def evaluate() -> None:
    """Measure an engine or a result against what is known to be right."""


LOOKING = (look.languages, look.engines, look.voices, look.doctor)
for group, commands in (
    (dub, (video, lipsync, talk, weights, *LOOKING)),
    (train, (train_mt, train_lips, train_ear)),
    (evaluate, (evaluate_mt, evaluate_lips, evaluate_sync)),
):
    for command in commands:
        group.add_command(command)


def _terminated(*_: object) -> NoReturn:
    raise SystemExit(TERMINATED)


def main() -> NoReturn:
    """The entry point: every error becomes one line and a documented exit code."""
    signal.signal(signal.SIGTERM, _terminated)
    try:
        dub(standalone_mode=False)
        sys.exit(0)
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; the same command goes on from here", err=True)
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except DubError as error:
        complain(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            known: DubError = StorageError(
                f"{error.strerror}", subject=error.filename, cure="make room, then run it again"
            )
        elif error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            known = OutputError(f"{error.strerror}", subject=error.filename)
        else:
            raise
        complain(known)
        sys.exit(known.exit_code)


if __name__ == "__main__":
    main()
