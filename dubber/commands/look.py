"""Commands that look and change nothing: languages, engines, voices, doctor."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from dubber.errors import DubError

if TYPE_CHECKING:
    from dubber.registry import Ability


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def languages(as_json: bool) -> None:
    """The languages, and what each can be dubbed with."""
    from dubber import languages as packs
    from dubber.registry import abilities

    rows = [(language, abilities(language)) for language in packs.all_languages()]
    if as_json:
        records = [
            {
                "code": language.code,
                "name": language.name,
                "native_name": language.native_name,
                "script": language.script,
                **{kind: [asdict(ability) for ability in of] for kind, of in able.items()},
            }
            for language, able in rows
        ]
        click.echo(json.dumps(records, ensure_ascii=False, indent=1))
        return
    cells = [
        (lang.code, lang.name, lang.script, *(_worth(able[kind]) for kind in KINDS_OF_LANGUAGE))
        for lang, able in rows
    ]
    heads = ("code", "language", "script", "hear", "translate", "speak")
    widths = [max(map(len, column)) + 2 for column in zip(heads, *cells, strict=True)]
    for cell, native in zip(
        (heads, *cells), ("", *(row[0].native_name for row in rows)), strict=True
    ):
        click.echo("".join(map(str.ljust, cell, widths)) + native)
    click.echo(
        "\n[…]: not here yet; `dub engines` says how to get it. "
        "poor: it writes most of this language wrong."
    )


KINDS_OF_LANGUAGE = ("asr", "mt", "tts")


def _worth(able: Sequence[Ability]) -> str:
    """`compact preview, [indictrans2 full]`; a dash where no engine knows the language."""
    texts = [f"{a.engine.partition('.')[2]} {a.quality}" for a in able]
    return ", ".join(t if a.present else f"[{t}]" for t, a in zip(texts, able, strict=True)) or "-"


@click.command()
def engines() -> None:
    """The engines, what each is worth, and how to get better ones."""
    from dubber.registry import missing, specs

    for spec in sorted(specs().values(), key=lambda spec: spec.name):
        if spec.quality == "fake":
            continue
        state = missing(spec) or "ready"
        click.echo(f"{spec.name:<16}{spec.quality:<9}{state:<40}{spec.summary}")
        if spec.better:
            click.echo(f"{'':<16}better: {spec.better}")


@click.command()
@click.argument("language")
@click.option("--tts", default="", metavar="NAME[:MODEL]", help="Voice engine.")
def voices(language: str, tts: str) -> None:
    """The voices for LANGUAGE."""
    from dubber import languages as packs
    from dubber.registry import choose, open_engine

    engine = open_engine(choose("tts", tts, "auto"))
    try:
        for voice in engine.voices(packs.get(language)):
            click.echo(f"{voice.name:<24}{voice.gender}".rstrip())
    finally:
        getattr(engine, "close", lambda: None)()


@click.command()
def doctor() -> None:
    """Check this installation: packages, weights, voices, places to write."""
    from dubber.doctor import examine

    findings = examine()
    for finding in findings:
        click.echo(f"{'ok ' if finding.ok else 'BAD'} {finding.what:<17}{finding.detail}")
    if not all(finding.ok for finding in findings):
        raise DubError("something is not right", cure="see the lines marked BAD")
