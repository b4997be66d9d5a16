"""Reading torch's .pth files as data: numbers and names, and nothing that could run.

A .pth is a pickle, which is a program for a stack machine. `pickletools` takes it apart without
running it; this interpreter knows the instructions that build containers, numbers, strings and
tensors, and refuses every other (https://docs.python.org/3/library/pickletools.html), or puts a
blank in the place of what it would have made, where the caller says that there is more. Both of
torch's formats are read: the zip of 1.6 and later, and the sequence of pickles before it.
"""

from __future__ import annotations

import pickletools
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from dubber.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

DTYPES = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}
MOST_BYTES = 2 << 30
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_DICT, _TENSOR, _PARAMETER = "OrderedDict", "_rebuild_tensor_v2", "_rebuild_parameter"
_SETTINGS = "Namespace"
_KNOWN = {
    "argparse Namespace": _SETTINGS,
    "collections OrderedDict": _DICT,
    "torch._utils _rebuild_tensor_v2": _TENSOR,
    "torch._utils _rebuild_parameter": _PARAMETER,
} | {f"torch {name}": name for name in DTYPES}
_PLAIN = {
    "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "UNICODE", "STRING", "BINSTRING",
    "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "INT", "BININT", "BININT1", "BININT2",
    "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT",
}  # fmt: skip
_KEEP = {"PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"}
_RECALL = {"GET", "BINGET", "LONG_BINGET"}


@dataclass(frozen=True, slots=True)
class _Global:
    name: str


@dataclass(frozen=True, slots=True)
class _Storage:
    dtype: str
    key: str
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Settings(dict[str, Any]):
    """What was an object of settings."""


class _Blank:
    """In the place of what is neither a container, nor settings, numbers, strings or a tensor."""


class _RefusedError(Exception):
    """An instruction or a name that weights do not need."""


_MARK = object()


def read_pth(path: Path, *, most: int = MOST_BYTES, blanks: bool = False) -> Any:
    """The containers in `path`, its tensors as arrays. DataError, one line, if it is damaged, has
    more than `most` bytes, or holds anything but containers, settings, numbers, strings and
    tensors. Settings (`argparse.Namespace`) come as dictionaries. With `blanks`, other objects do
    not matter: each comes as an object that holds nothing, and is neither built nor called."""
    try:
        if path.stat().st_size > most:
            raise DataError("too large for a checkpoint of these networks", subject=path)
        if zipfile.is_zipfile(path):
            return _from_zip(path, most, blanks=blanks)
        return _from_sequence(path, blanks=blanks)
    except _RefusedError as error:
        raise DataError(f"not read: it holds more than weights ({error})", subject=path) from error
    except (
        OSError,
        ValueError,
        KeyError,
        IndexError,
        TypeError,
        AttributeError,
        OverflowError,
        StopIteration,
        EOFError,
        MemoryError,
        RecursionError,
        zipfile.BadZipFile,
    ) as error:
        raise DataError("a damaged checkpoint", subject=path, cure="get it again") from error


def _from_zip(path: Path, most: int, *, blanks: bool) -> Any:
    with zipfile.ZipFile(path) as packed:
        if sum(entry.file_size for entry in packed.infolist()) > most:
            raise ValueError("a zip that is too large")
        (program,) = [name for name in packed.namelist() if name.endswith("/data.pkl")]
        home = program.removesuffix("data.pkl")
        with packed.open(program) as file:
            content = _run(file, blanks=blanks)
        return _filled(content, lambda key: packed.read(f"{home}data/{key}"))


def _from_sequence(path: Path, *, blanks: bool) -> Any:
    with path.open("rb") as file:
        magic = _run(file)
        if magic != LEGACY_MAGIC:
            raise ValueError("not torch's")
        _run(file), _run(file)  # the protocol's number, and the machine it was written on
        content = _run(file, blanks=blanks)
        keys = _run(file)
        known = _storages(content)
        raw: dict[str, bytes] = {}
        for key in keys:
            count = int.from_bytes(file.read(8), "little")
            # a storage that no tensor needs cannot be told in bytes, and is not written by torch
            size = count * np.dtype(known[key].dtype).itemsize
            raw[key] = file.read(size)
            if len(raw[key]) != size:
                raise ValueError("cut short")
    return _filled(content, raw.__getitem__)


def _run(file: IO[bytes], *, blanks: bool = False) -> Any:
    """What the pickle at the file's place builds; the file stands behind it."""
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    for opcode, argument, _ in pickletools.genops(file):
        name = opcode.name
        if name == "STOP":
            return stack.pop()
        if name in _PLAIN:
            stack.append(argument)
        elif name in _KEEP:
            memo[len(memo) if argument is None else int(argument)] = stack[-1]
        elif name in _RECALL:
            stack.append(memo[int(argument or 0)])
        elif name == "GLOBAL":
            stack.append(_named(str(argument), blanks=blanks))
        elif name == "STACK_GLOBAL":
            called, module = stack.pop(), stack.pop()
            stack.append(_named(f"{module} {called}", blanks=blanks))
        elif name in _STEPS:
            _STEPS[name](stack)
        elif name not in ("PROTO", "FRAME"):
            raise _RefusedError(name)
    raise ValueError("a pickle without an end")


def _named(name: str, *, blanks: bool) -> _Global | _Blank:
    if name in _KNOWN:
        return _Global(_KNOWN[name])
    if blanks:
        return _Blank()
    raise _RefusedError(name.replace(" ", ".")[:60])


def _since_mark(stack: list[Any]) -> list[Any]:
    taken: list[Any] = []
    while (item := stack.pop()) is not _MARK:
        taken.append(item)
    return taken[::-1]


def _set(stack: list[Any], items: list[Any]) -> None:
    table = stack[-1]
    if isinstance(table, _Blank):
        return
    if type(table) is not dict:
        raise ValueError("no dictionary")
    table.update(zip(items[::2], items[1::2], strict=True))


def _dictionary(stack: list[Any], items: list[Any]) -> None:
    stack.append(dict(zip(items[::2], items[1::2], strict=True)))


def _append(stack: list[Any], items: list[Any]) -> None:
    if isinstance(stack[-1], _Blank):
        return
    if type(stack[-1]) is not list:
        raise ValueError("no list")
    stack[-1].extend(items)


def _tuple(stack: list[Any], count: int) -> None:
    items = tuple(stack[len(stack) - count :])
    del stack[len(stack) - count :]
    stack.append(items)


def _storage(stack: list[Any]) -> None:
    told = stack.pop()
    kind, storage, key, _, count = told[:5]
    if isinstance(storage, _Blank):
        stack.append(storage)
        return
    if kind != "storage" or not isinstance(storage, _Global) or storage.name not in DTYPES:
        raise _RefusedError("a reference to something outside")
    stack.append(_Storage(DTYPES[storage.name], str(key), int(count)))


def _call(stack: list[Any]) -> None:
    given, called = stack.pop(), stack.pop()
    name = called.name if isinstance(called, _Global) else ""
    if isinstance(called, _Blank) or (name == _TENSOR and isinstance(given[0], _Blank)):
        stack.append(_Blank())
    elif name == _DICT:
        stack.append(dict(given[0]) if given else {})
    elif name == _TENSOR:
        storage, offset, shape, strides = given[:4]
        if not isinstance(storage, _Storage):
            raise ValueError("a tensor without numbers")
        whole = tuple(int(n) for n in shape), tuple(int(n) for n in strides)
        stack.append(_Tensor(storage, int(offset), *whole))
    elif name == _PARAMETER:
        stack.append(given[0])
    else:
        raise _RefusedError("a call")


def _new(stack: list[Any]) -> None:
    """An object that is only settings: as a dictionary."""
    given, called = stack.pop(), stack.pop()
    if isinstance(called, _Blank):
        stack.append(called)
        return
    if given or not isinstance(called, _Global) or called.name != _SETTINGS:
        raise _RefusedError("an object")
    stack.append(_Settings())


def _build(stack: list[Any]) -> None:
    """The names and values of settings. torch also hangs version numbers on a state dictionary:
    they are not needed."""
    state = stack.pop()
    if isinstance(stack[-1], _Settings) and isinstance(state, dict):
        stack[-1].update(state)
    elif not isinstance(stack[-1], _Blank) and type(stack[-1]) is not dict:
        raise _RefusedError("an object")


_STEPS: dict[str, Callable[[list[Any]], None]] = {
    "NONE": lambda stack: stack.append(None),
    "NEWTRUE": lambda stack: stack.append(True),
    "NEWFALSE": lambda stack: stack.append(False),
    "MARK": lambda stack: stack.append(_MARK),
    "POP": lambda stack: _ignore(stack.pop()),
    "EMPTY_DICT": lambda stack: stack.append({}),
    "DICT": lambda stack: _dictionary(stack, _since_mark(stack)),
    "EMPTY_LIST": lambda stack: stack.append([]),
    "EMPTY_TUPLE": lambda stack: stack.append(()),
    "TUPLE": lambda stack: stack.append(tuple(_since_mark(stack))),
    "TUPLE1": lambda stack: _tuple(stack, 1),
    "TUPLE2": lambda stack: _tuple(stack, 2),
    "TUPLE3": lambda stack: _tuple(stack, 3),
    "LIST": lambda stack: stack.append(_since_mark(stack)),
    "APPEND": lambda stack: _append(stack, [stack.pop()]),
    "APPENDS": lambda stack: _append(stack, _since_mark(stack)),
    "SETITEM": lambda stack: _set(stack, [stack.pop(), stack.pop()][::-1]),
    "SETITEMS": lambda stack: _set(stack, _since_mark(stack)),
    "BINPERSID": _storage,
    "REDUCE": _call,
    "NEWOBJ": _new,
    "BUILD": _build,
}


def _ignore(_: Any) -> None: ...


def _storages(content: Any) -> dict[str, _Storage]:
    """The storages of every tensor in `content`, by key."""
    found: dict[str, _Storage] = {}
    for item in _walk(content):
        if isinstance(item, _Tensor):
            found[item.storage.key] = item.storage
    return found


def _walk(content: Any) -> list[Any]:
    """Everything in `content`, each container once."""
    seen: set[int] = set()
    queue, found = [content], []
    while queue:
        item = queue.pop()
        found.append(item)
        if isinstance(item, (dict, list, tuple)) and id(item) not in seen:
            seen.add(id(item))
            queue += list(item.values()) if isinstance(item, dict) else list(item)
    return found


def _filled(content: Any, raw: Callable[[str], bytes]) -> Any:
    """`content` with its tensors as arrays, of the outer two levels: what weights need."""
    if isinstance(content, dict):
        return {key: _filled_inner(value, raw) for key, value in content.items()}
    return content


def _filled_inner(value: Any, raw: Callable[[str], bytes]) -> Any:
    if isinstance(value, _Tensor):
        return _array(value, raw)
    if isinstance(value, dict):
        return {k: _array(v, raw) if isinstance(v, _Tensor) else v for k, v in value.items()}
    return value


def _array(tensor: _Tensor, raw: Callable[[str], bytes]) -> NDArray[Any]:
    numbers = np.frombuffer(raw(tensor.storage.key), tensor.storage.dtype)
    spans = zip(tensor.shape, tensor.strides, strict=True)
    last = tensor.offset + sum((size - 1) * stride for size, stride in spans if size)
    if min((tensor.offset, *tensor.shape, *tensor.strides)) < 0 or last >= len(numbers) > 0:
        raise ValueError("a tensor beyond its numbers")
    steps = tuple(stride * numbers.itemsize for stride in tensor.strides)
    view = np.lib.stride_tricks.as_strided(numbers[tensor.offset :], tensor.shape, steps)
    if view.nbytes > MOST_BYTES or (view.size and not len(numbers)):
        raise ValueError("a tensor beyond its numbers")
    return np.array(view)
