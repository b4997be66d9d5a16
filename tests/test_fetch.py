"""Files over the network, from a hub on this machine: gated, broken off, gone on with, checked."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import CliRunner

from dubber.commands.weights import weights
from dubber.errors import UnavailableError, UsageError
from dubber.fetch import fetch, is_right, look
from dubber.translation import archives, published
from dubber.translation.convert import DIRECTIONS, convert
from tests.hub import TOKEN, Hub, serving
from tests.translation import tiny

NAME = "indic-indic-dist-320M"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub with a tiny IndicTrans2 checkpoint, and a token for it."""
    tiny.indictrans2(tmp_path / "source")
    files = {path.name: path.read_bytes() for path in (tmp_path / "source").iterdir()}
    files["README.md"] = b"not wanted"
    with serving(Hub(files)) as running:
        running.large = {"model.safetensors"}
        monkeypatch.setenv(published.ENDPOINT, running.address)
        monkeypatch.setenv(published.TOKEN, TOKEN)
        yield running


def get(folder: Path) -> Path:
    return published.get(published.model(NAME), folder)


def asked(hub: Hub, name: str) -> list[tuple[str, str]]:
    """The methods and ranges by which the contents of a file were asked for."""
    return [(m, r) for m, path, r in hub.asked if path.endswith(f"/{name}") and m == "GET"]


def test_a_model_is_brought_whole_and_can_be_converted(hub: Hub, tmp_path: Path) -> None:
    folder = get(tmp_path / f"indictrans2-{NAME}")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        name: data for name, data in hub.files.items() if name != "README.md"
    }
    assert (convert(folder, tmp_path / "out") / "model.bin").is_file()


def test_the_token_goes_to_the_hub_and_nowhere_else(hub: Hub, tmp_path: Path) -> None:
    get(tmp_path / "it")
    assert hub.tokens_elsewhere
    assert set(hub.tokens_elsewhere) == {""}


def test_what_is_there_is_not_brought_again(hub: Hub, tmp_path: Path) -> None:
    get(tmp_path / "it")
    hub.asked.clear()
    get(tmp_path / "it")
    assert not any(m == "GET" and "/api/" not in path for m, path, _ in hub.asked)


def test_a_transfer_that_breaks_off_goes_on_where_it_was(hub: Hub, tmp_path: Path) -> None:
    remote = look(f"{hub.address}/a/resolve/main/model.safetensors", token=TOKEN)
    hub.breaks = 2
    seen: list[float] = []
    url = f"{hub.address}/a/resolve/main/model.safetensors"
    path = fetch(url, tmp_path / "x", remote, token=TOKEN, progress=lambda a, _: seen.append(a))
    assert path.read_bytes() == hub.files["model.safetensors"]
    half = remote.size // 2
    three_quarters = half + (remote.size - half) // 2
    ranges = [r for _, path, r in hub.asked if path == "/model.safetensors"]
    assert ranges == ["", f"bytes={half}-", f"bytes={three_quarters}-"]
    assert seen == sorted(seen) and seen[-1] == remote.size


def test_a_later_call_goes_on_where_an_earlier_one_was(hub: Hub, tmp_path: Path) -> None:
    hub.breaks = 100
    with pytest.raises(UnavailableError, match="goes on where it was"):
        get(tmp_path / "it")
    (part,) = (tmp_path / "it").glob(".*.part")
    came = part.stat().st_size
    assert came > 0
    hub.breaks = 0
    hub.asked.clear()
    get(tmp_path / "it")
    assert ("GET", f"bytes={came}-") in [(m, r) for m, _, r in hub.asked]
    assert not list((tmp_path / "it").glob(".*"))


def test_a_server_that_cannot_go_on_begins_again(hub: Hub, tmp_path: Path) -> None:
    hub.ranges, hub.breaks = False, 1
    get(tmp_path / "it")
    for name in published.SAFETENSORS.needed:
        assert (tmp_path / "it" / name).read_bytes() == hub.files[name]


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_what_is_not_what_was_promised_is_thrown_away(hub: Hub, tmp_path: Path, name: str) -> None:
    hub.spoiled = name
    with pytest.raises(UnavailableError, match=f"{name} is not what the server said"):
        get(tmp_path / "it")
    assert not (tmp_path / "it" / name).exists()
    assert not list((tmp_path / "it").glob(".*"))
    hub.spoiled = ""
    assert is_right(get(tmp_path / "it") / name, look(f"{hub.address}/a/{name}", token=TOKEN))


def test_without_the_licence_it_says_which_page_and_which_token(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(published.TOKEN, "wrong")
    with pytest.raises(UnavailableError) as caught:
        get(tmp_path / "it")
    said = str(caught.value)
    assert f"{hub.address}/ai4bharat/indictrans2-{NAME}" in said
    assert published.TOKEN in said and "wrong" not in said
    assert caught.value.exit_code == 69


def test_a_repository_without_safetensors_or_files_is_told(hub: Hub, tmp_path: Path) -> None:
    del hub.files["model.safetensors"]
    with pytest.raises(UnavailableError, match="no weights in safetensors"):
        get(tmp_path / "it")
    del hub.files["dict.TGT.json"]
    with pytest.raises(UnavailableError, match=r"no dict\.TGT\.json"):
        get(tmp_path / "it")


def test_no_network_is_one_line_with_a_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(published.ENDPOINT, "http://127.0.0.1:9")
    with pytest.raises(UnavailableError, match="network failed"):
        get(tmp_path / "it")
    monkeypatch.setenv(published.ENDPOINT, "file:///etc")
    with pytest.raises(UnavailableError, match="not an address of the web"):
        get(tmp_path / "it")


def test_every_published_model_has_a_name_here_and_a_wrong_one_lists_them() -> None:
    names = [model.name for model in published.MODELS]
    assert len(names) == len(set(names)) == 16
    assert all(bool(model.repository) != bool(model.archive) for model in published.MODELS)
    for model in published.MODELS:
        assert published.model(model.repository or model.name) == model
        convertible = [name for name in DIRECTIONS if name in model.name]
        assert len(convertible) == 1
    for other in ("indic-en-9B", "prajdabre/rotary-indictrans2-indic-en-1B", ""):
        with pytest.raises(UsageError, match="rotary-indic-en-1B"):
            published.model(other)


def test_a_model_of_ctranslate2_in_folders_is_brought_flat(hub: Hub, tmp_path: Path) -> None:
    inside = "en-indic-200m-ct2/ctranslate2_model"
    names = [*published.CTRANSLATE2.needed[:4], "vocab/model.SRC", "vocab/model.TGT"]
    hub.files = {f"{inside}/{name}": name.encode() for name in (*names, "README.md")}
    hub.files["config.json"] = b"of another"
    wanted = published.model("adalat-ai/ct2-rotary-indictrans2-en-indic-dist-200M")
    folder = published.get(wanted, tmp_path / "it")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        name.rpartition("/")[2]: name.encode() for name in names
    }


def zipped(members: dict[str, bytes]) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return file.getvalue()


@pytest.fixture
def archive(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> published.Published:
    """The archive of a fairseq checkpoint, as its authors lay it out, on an open server."""
    members = {f"en-indic/fairseq_model/any/{name}": name.encode() for name in archives.NEEDED}
    members |= {"en-indic/ct2_int8_model/model.SRC": b"another", "../../evil": b"x"}
    hub.files["en-indic.zip"] = zipped(members)
    monkeypatch.setattr(published, "ARCHIVES", hub.elsewhere)
    return published.model("en-indic-dist-200M-fairseq")


def test_of_an_archive_what_a_conversion_needs_is_unpacked(
    hub: Hub, archive: published.Published, tmp_path: Path
) -> None:
    folder = published.get(archive, tmp_path / "it")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        name: name.encode() for name in archives.NEEDED
    }
    assert set(hub.tokens_elsewhere) == {""}
    hub.asked.clear()
    published.get(archive, folder)
    assert not hub.asked


def test_an_archive_that_breaks_off_goes_on_and_a_damaged_one_is_thrown_away(
    hub: Hub, archive: published.Published, tmp_path: Path
) -> None:
    hub.breaks = 1
    published.get(archive, tmp_path / "it")
    assert any(wanted for _, _, wanted in hub.asked)
    whole = hub.files["en-indic.zip"]
    for spoiled in (whole.replace(b"checkpoint_best.pt", b"checkpoint_burnt.t", 1), b"no zip"):
        hub.files["en-indic.zip"] = spoiled
        with pytest.raises(UnavailableError, match="damaged"):
            published.get(archive, tmp_path / "bad")
        assert not (tmp_path / "bad" / "en-indic.zip").exists()
    hub.files["en-indic.zip"] = zipped({"readme": b""})
    with pytest.raises(UnavailableError, match=r"no checkpoint_best\.pt, dict"):
        published.get(archive, tmp_path / "bad")


def test_the_command_explains_and_gets(hub: Hub, tmp_path: Path) -> None:
    told = CliRunner().invoke(weights, ["get", "mt.indictrans2"])
    assert told.exit_code == 0
    assert "licence" in told.output and published.TOKEN in told.output
    for model in published.MODELS:
        assert model.page in told.output
    assert hub.asked == []
    call = ["get", "mt.indictrans2", "--model", NAME, "-o", str(tmp_path / "it")]
    assert CliRunner().invoke(weights, call).exit_code == 0
    assert (tmp_path / "it" / "model.safetensors").is_file()


def test_without_a_folder_the_command_makes_one_of_the_models_name(
    archive: published.Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    call = ["get", "mt.indictrans2", "--model", archive.name]
    assert CliRunner().invoke(weights, call).exit_code == 0
    assert (tmp_path / f"indictrans2-{archive.name}" / "model.SRC").is_file()
