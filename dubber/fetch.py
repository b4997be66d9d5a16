"""Getting a file over the network: it goes on where it was, and is not used unless it is whole.

Only `dub weights get` comes here: nothing is downloaded in a job. A file grows beside its place
under a name that holds its digest, and is moved there when size and digest are what the server
said (or the caller knows).
"""

from __future__ import annotations

import hashlib
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from dubber.errors import StorageError, UnavailableError
from dubber.protocols import Progress, silent

BLOCK_BYTES = 1 << 20
SECONDS = 30  # without a byte
TRIES = 5  # of a transfer that breaks off, as long as each brings something
SHA256_LETTERS = 64
PARTLY = 206  # the answer to a request for the rest


@dataclass(frozen=True, slots=True)
class Remote:
    """What a server says of a file: its size in bytes, and its sha256, or the sha1 by which git
    knows it ("blob SIZE" and its bytes); "" if what it holds is checked otherwise."""

    size: int
    digest: str


class _Careful(urllib.request.HTTPRedirectHandler):
    """Follows to another host without the token, which is not for it."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Message,
        newurl: str,
    ) -> urllib.request.Request | None:
        following = super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]
        if following is not None and urlsplit(newurl).netloc != urlsplit(req.full_url).netloc:
            following.remove_header("Authorization")
        return following


class _Stay(urllib.request.HTTPRedirectHandler):
    """Does not follow: what is asked stands in the first answer."""

    def redirect_request(self, *_: Any) -> None:
        return None


def read_json(url: str, *, token: str = "") -> Any:
    """The JSON at `url`. UnavailableError if it cannot be had."""
    with _opened(url, token) as answer:
        try:
            return json.load(answer)
        except ValueError as error:
            raise UnavailableError("the answer is not JSON", subject=url) from error


def look(url: str, *, token: str = "") -> Remote:
    """What the server says of the file at `url`, redirections not followed."""
    request = _request(url, token, method="HEAD")
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=SECONDS) as answer:
            headers = answer.headers
    except urllib.error.HTTPError as error:
        if not 300 <= error.code < 400:  # where the file itself lies elsewhere
            raise _failed(url, error) from error
        headers = error.headers
        error.close()
    except (urllib.error.URLError, OSError, HTTPException) as error:
        raise _failed(url, error) from error
    size = headers.get("X-Linked-Size") or headers.get("Content-Length")
    digest = (headers.get("X-Linked-Etag") or headers.get("ETag") or "").removeprefix("W/")
    digest = digest.strip('"')
    if not (size or "").isdigit() or not digest:
        raise UnavailableError("the server does not say what the file is", subject=url)
    return Remote(int(size or 0), digest)


def fetch(
    url: str, target: Path, remote: Remote, *, token: str = "", progress: Progress = silent
) -> Path:
    """The file at `url` as `target`, verified; what stands there already and is right is kept.

    UnavailableError if it cannot be had or is not what `remote` says; what came stays for the next
    call. StorageError if it cannot be written.
    """
    if is_right(target, remote):
        progress(remote.size, remote.size)
        return target
    part = target.with_name(f".{target.name}.{remote.digest[:12] or remote.size}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for attempt in range(1, TRIES + 1):
            before = _size(part)
            if before >= remote.size:
                break
            failure = _transfer(url, part, remote, token, progress)
            if failure and (attempt == TRIES or _size(part) <= before):
                raise failure
        if not is_right(part, remote):
            part.unlink(missing_ok=True)
            what = f"{target.name} is not what the server said it would be"
            raise UnavailableError(what, subject=url, cure="run the same command again")
        part.replace(target)
    except OSError as error:
        raise StorageError(f"cannot write weights ({error.strerror})", subject=target) from error
    return target


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def is_right(path: Path, remote: Remote) -> bool:
    """Whether the file in `path` has the size and digest."""
    if not path.is_file() or path.stat().st_size != remote.size:
        return False
    if not remote.digest:
        return True
    of_git = len(remote.digest) != SHA256_LETTERS
    summed = hashlib.sha1(usedforsecurity=False) if of_git else hashlib.sha256()
    if of_git:
        summed.update(f"blob {remote.size}\0".encode())
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            summed.update(block)
    return summed.hexdigest() == remote.digest


def _transfer(
    url: str, part: Path, remote: Remote, token: str, progress: Progress
) -> UnavailableError | None:
    """Bring what `part` lacks; why it broke off, if it did."""
    begun = _size(part)
    try:
        with _opened(url, token, {"Range": f"bytes={begun}-"} if begun else {}) as answer:
            mode = "ab" if begun and answer.status == PARTLY else "wb"
            with part.open(mode) as file:
                done = file.tell()
                while block := answer.read(BLOCK_BYTES):
                    file.write(block)
                    done += len(block)
                    progress(done, remote.size)
    except (HTTPException, TimeoutError, ConnectionError) as error:
        return _failed(url, error)
    if done < remote.size:
        return _failed(url, ConnectionError("it broke off"))
    return None


def _opened(url: str, token: str, headers: Mapping[str, str] | None = None) -> Any:
    request = _request(url, token)
    for name, value in (headers or {}).items():
        request.add_header(name, value)
    try:
        return urllib.request.build_opener(_Careful).open(request, timeout=SECONDS)
    except (urllib.error.URLError, OSError, HTTPException) as error:
        raise _failed(url, error) from error


def _request(url: str, token: str, method: str = "GET") -> urllib.request.Request:
    if urlsplit(url).scheme not in ("http", "https"):
        raise UnavailableError("not an address of the web", subject=url)
    request = urllib.request.Request(url, method=method, headers={"User-Agent": "dub"})
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    return request


def _failed(url: str, error: Exception) -> UnavailableError:
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        if error.code in (401, 403):
            return AccessError("the server asks for a licence to be accepted", subject=url)
        return UnavailableError(f"the server answers {error.code}", subject=url)
    reason = getattr(error, "reason", error)
    cure = "run the same command again: it goes on where it was"
    return UnavailableError(f"the network failed ({reason})", subject=url, cure=cure)


class AccessError(UnavailableError):
    """The server wants to know who asks (401, 403)."""
