"""A job's folder: every step's result by content key, written whole or not at all, resumed.

An artifact is remade when the key of what it was made from changes: the sha256 of its inputs, of
its parameters and of the engine. `manifest.json` holds, for each artifact, that key, the sha256 of
what was written, and the sha256 of what it replaced. It is written *before* the artifact is renamed
into place, so that after a kill at any moment a file whose hash is in neither field can only have
been edited by a person: an editable artifact is then taken as it is, and only what lies downstream
is redone; another one is made again.

One process works in a folder at a time (flock: the kernel lets go of it however the holder ends).
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import logging
import os
import shutil
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dubber.errors import BusyError, DataError, DubError, OutputError, StorageError
from dubber.schema import read_json, write_json
from dubber.weights import sha256_of

log = logging.getLogger(__name__)

SCHEMA = "workspace/1"
OUTPUTS = "out"
Check = Callable[[Path], object]
Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file in the workspace: its digest, whether it was found, made, or edited by a person, and
    the facts (JSON values) that were noted when it was made."""

    path: Path
    digest: str
    state: str  # "found", "made" or "edited"
    facts: Facts


def key_of(stage: str, inputs: Mapping[str, str], params: Mapping[str, Any]) -> str:
    """The content key: equal for equal stage, inputs and parameters, whatever their order."""
    value = [stage, dict(inputs), dict(params)]
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def fault(point: str) -> None:
    """For the kill tests: DUB_FAULT="point:n:kill" ends the process at the n-th pass of `point`,
    "point:n:enospc" fills the disk there."""
    plan = os.environ.get("DUB_FAULT")
    if not plan:
        return
    wanted, count, action = plan.split(":")
    if wanted not in (point, "any"):
        return
    passed = int(os.environ.get("DUB_FAULT_PASSED", "0")) + 1
    os.environ["DUB_FAULT_PASSED"] = str(passed)
    if passed == int(count):
        if action == "enospc":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.kill(os.getpid(), signal.SIGKILL)


class Workspace:
    """The folder at `root`, held by this process until `close`. Use as a context manager."""

    def __init__(self, root: Path, *, overwrite: bool = False) -> None:
        """BusyError if another process holds it; OutputError if it cannot be made.

        `overwrite`: outputs may replace files that no job of this workspace wrote.
        """
        self.root = root
        self._overwrite = overwrite
        try:
            root.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(root / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise OutputError(
                f"cannot work in this folder ({error.strerror})",
                subject=root,
                cure="choose another one with -o",
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise BusyError(
                "another dub is at work on this video", subject=root, cure="wait for it to end"
            ) from None
        self._drafts = root / ".drafts"
        shutil.rmtree(self._drafts, ignore_errors=True)  # what a killed run left behind
        self._drafts.mkdir()
        self._records = self._read_manifest()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        shutil.rmtree(self._drafts, ignore_errors=True)
        os.close(self._lock)

    def path(self, name: str) -> Path:
        """Where an artifact lies; the outputs, named "out/FILE", lie beside the workspace."""
        outside, _, inner = name.partition("/")
        return self.root.parent / inner if outside == OUTPUTS else self.root / name

    def make(
        self,
        name: str,
        key: str,
        build: Callable[[Path], Facts | None],
        *,
        check: Check | None = None,
        editable: bool = False,
        again: bool = False,
    ) -> Artifact:
        """The artifact `name` for `key`: found as it stands, or built into a draft and renamed.

        `build` writes the draft whole and may return facts to be kept with it.

        `check` raises DataError for a file that cannot serve; a found artifact is checked too.
        `again` builds even what stands.
        """
        found = None if again else self.find(name, key, check=check, editable=editable)
        if found is not None:
            log.info("%s: %s", name, found.state)
            return found
        draft = self._drafts / name
        draft.parent.mkdir(parents=True, exist_ok=True)
        fault("before")
        facts = dict(build(draft) or {})
        fault("built")
        digest = self.commit(draft, name, key, facts)
        return Artifact(self.path(name), digest, "made", facts)

    def find(
        self, name: str, key: str, *, check: Check | None = None, editable: bool = False
    ) -> Artifact | None:
        """The artifact if it stands for `key`; None if it must be made.

        DataError if a person's edit cannot be read: it is never thrown away silently.
        """
        path, record = self.path(name), self._records.get(name)
        if record is None or record["key"] != key or not path.is_file():
            return None
        digest = sha256_of(path)
        if digest == record["previous"] != record["sha256"]:
            return None
        if digest != record["sha256"]:
            if not editable:
                log.warning("%s is damaged and is made again", path)
                return None
            if check is not None:
                check(path)
            return Artifact(path, digest, "edited", record["facts"])
        try:
            if check is not None:
                check(path)
        except DataError as error:
            log.warning("%s: %s; it is made again", path, error)
            return None
        return Artifact(path, digest, "found", record["facts"])

    def edited(self, name: str) -> bool:
        """Whether `name` stands as a person left it, and not as it was written."""
        path, record = self.path(name), self._records.get(name)
        if record is None or not path.is_file():
            return False
        return sha256_of(path) not in (record["sha256"], record["previous"])

    def holds(self, name: str, key: str) -> bool:
        """Whether `name` was last made for `key`."""
        return name in self._records and self._records[name]["key"] == key

    def set_aside(self, name: str) -> Path:
        """Copy a person's edit that no longer fits, so that it is not lost; the copy's path."""
        path = self.path(name)
        aside = path.with_name(f"{path.stem}.edited-{sha256_of(path)[:8]}{path.suffix}")
        shutil.copyfile(path, aside)
        return aside

    def commit(self, draft: Path, name: str, key: str, facts: Facts) -> str:
        """Put a finished draft in its place; its sha256."""
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        digest = flush(draft)
        previous = sha256_of(path) if path.is_file() else ""
        if previous and name.startswith(f"{OUTPUTS}/"):
            self._refuse_strangers(path, previous, name)
        self._records[name] = {
            "key": key,
            "sha256": digest,
            "previous": previous,
            "facts": facts,
        }
        self._write_manifest()
        fault("recorded")
        draft.replace(path)
        flush_folder(path.parent)
        fault("renamed")
        return digest

    def _refuse_strangers(self, path: Path, digest: str, name: str) -> None:
        """Refuse to replace an output that no run of this job wrote."""
        record = self._records.get(name, {})
        if self._overwrite or digest in (record.get("sha256"), record.get("previous")):
            return
        raise OutputError(
            "a file that this job did not write is in the way",
            subject=path,
            cure="move it, or say --overwrite",
        )

    def _read_manifest(self) -> dict[str, dict[str, Any]]:
        path = self.root / "manifest.json"
        if not path.exists():
            return {}
        try:
            return dict(read_json(path, schema=SCHEMA)["artifacts"])
        except (DubError, KeyError) as error:
            raise DataError(
                "the job's manifest cannot be read",
                subject=path,
                cure="delete it to have everything made again",
            ) from error

    def _write_manifest(self) -> None:
        draft = self._drafts / "manifest.json"
        draft.write_text(
            write_json({"schema": SCHEMA, "artifacts": self._records}), encoding="utf-8"
        )
        flush(draft)
        draft.replace(self.root / "manifest.json")
        flush_folder(self.root)


def flush(path: Path) -> str:
    """Force the file to the disk; its sha256."""
    try:
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    except OSError as error:
        raise StorageError(f"cannot write ({error.strerror})", subject=path) from error
    return sha256_of(path)


def flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
