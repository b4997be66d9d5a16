"""Commands that look and change nothing: languages, engines, voices, doctor."""

from __future__ import annotations

import json

import click

from dubber.errors import DubError


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def languages(as_json: bool) -> None:
    """The languages, and what each can be dubbed with."""
    from dubber import languages as packs
    from dubber.registry import abilities

    rows = [(language, abilities(language)) for language in packs.all_languages()]
    if as_json:
        click.echo(
            json.dumps(
                [
                    {"code": lang.code, "name": lang.name, "script": lang.script, **able}
                    for lang, able in rows
                ],
                ensure_ascii=False,
                indent=1,
            )
        )
        return
    click.echo(f"{'code':<6}{'language':<12}{'script':<8}{'hear':<14}{'translate':<30}speak")
    for language, able in rows:
        hear, translate, speak = (" ".join(able[k]) or "-" for k in ("asr", "mt", "tts"))
        click.echo(
            f"{language.code:<6}{language.name:<12}{language.script:<8}"
            f"{hear:<14}{translate:<30}{speak:<13}{language.native_name}"
        )


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
