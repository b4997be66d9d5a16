"""`dub train lips …` as it is typed."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from dubber.commands.train_lips import train_lips
from tests.lipsync.talkers import chatter, make_film, talk


def typed(*words: str | Path) -> Result:
    return CliRunner().invoke(train_lips, [str(word) for word in words], catch_exceptions=False)


def test_films_are_prepared_and_the_embedded_generator_is_measured_on_them(tmp_path: Path) -> None:
    talking = talk(60, chatter)
    for name, images in {"anna": talking, "ben": talking[:40]}.items():
        (tmp_path / "films" / name).mkdir(parents=True)
        make_film(tmp_path / "films" / name / "one.mp4", images)
    (tmp_path / "films" / "ben" / "broken.mp4").write_bytes(b"no film")
    folders = sorted((tmp_path / "films").iterdir())
    data = tmp_path / "data"
    made = typed("prepare", *folders, "-o", data, "--licence", "CC0-1.0", "--unseen", "anna")
    assert made.exit_code == 0
    assert "2 clips" in made.output
    assert "left out broken.mp4" in made.output
    scored = typed("evaluate", data, "--lips", "gan", "--lips", "reuse", "-o", tmp_path / "seen")
    assert scored.exit_code == 0
    shown = {
        line.partition(":")[0]: dict(zip(words[::2], map(float, words[1::2]), strict=True))
        for line in scored.output.splitlines()
        if "mouth_l1" in line and (words := line.partition(":")[2].split())
    }
    assert set(shown) == {"average mouth", "copy", "bent reference", "gan", "reuse"}
    assert shown["gan"]["mouth_l1"] < 0.6 * shown["average mouth"]["mouth_l1"]
    assert shown["gan"]["drive"] > 0.5
    assert len(list((tmp_path / "seen").glob("*.png"))) == 1
    assert (tmp_path / "seen" / "scores.jsonl").read_text().count("\n") == 5
