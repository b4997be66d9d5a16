"""The authors' fairseq archives of IndicTrans2: zip files on a server that asks for no account.

The server does not state the digest of what an archive holds, so a file is held to the checksum
that the zip has for it (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.4.7), which
finds damage and not deceit. The checkpoint is read as data whatever it holds (`dubber.pickled`).
"""

from __future__ import annotations

import shutil
import zipfile
from dataclasses import replace
from pathlib import Path, PurePosixPath

from dubber.errors import StorageError, UnavailableError
from dubber.fetch import fetch, look
from dubber.protocols import Progress, silent
from dubber.translation.fairseq import CHECKPOINT

NEEDED = (CHECKPOINT, "dict.SRC.txt", "dict.TGT.txt", "model.SRC", "model.TGT")
CONVERTED = "ct2"  # how the folders begin that hold the same model for CTranslate2


def get(url: str, folder: Path, *, progress: Progress = silent) -> Path:
    """The files of the archive at `url` that a conversion needs, in `folder`, brought once.

    UnavailableError if it cannot be had, is damaged or lacks one; StorageError if it cannot be
    written. What came of the archive stays for the next call.
    """
    if all((folder / name).is_file() for name in NEEDED):
        return folder
    archive = folder / url.rpartition("/")[2]
    fetch(url, archive, replace(look(url), digest=""), progress=progress)
    try:
        with zipfile.ZipFile(archive) as packed:
            for name, member in _members(packed, url).items():
                _unpack(packed, member, folder / name)
    except (zipfile.BadZipFile, EOFError) as error:
        archive.unlink()
        cure = "run the same command again"
        raise UnavailableError("a damaged archive", subject=url, cure=cure) from error
    except OSError as error:
        raise StorageError(f"cannot unpack ({error.strerror})", subject=archive) from error
    archive.unlink()
    return folder


def _members(packed: zipfile.ZipFile, url: str) -> dict[str, str]:
    """The archive's member for each needed file, the one nearest the top."""
    found: dict[str, str] = {}
    for member in sorted(packed.namelist(), key=lambda name: (name.count("/"), name)):
        path = PurePosixPath(member)
        if path.name in NEEDED and not any(part.startswith(CONVERTED) for part in path.parts):
            found.setdefault(path.name, member)
    lacking = [name for name in NEEDED if name not in found]
    if lacking:
        raise UnavailableError(f"the archive has no {', '.join(lacking)}", subject=url)
    return found


def _unpack(packed: zipfile.ZipFile, member: str, target: Path) -> None:
    draft = target.with_name(f".{target.name}.part")
    with packed.open(member) as source, draft.open("wb") as file:
        shutil.copyfileobj(source, file)  # at its end the checksum is compared
    draft.replace(target)
