"""What runs an exported network on the processor: OpenVINO where it is installed, else onnxruntime.

OpenVINO computes in bfloat16 on processors that have it, which is nearly twice as quick; what is
drawn differs by less than half a level of 255 (`benchmarks/gan.py` says by how much).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from dubber.errors import EngineError, UnavailableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

Input = tuple[str, tuple[int, ...]]
MOST_BYTES = 200 << 20  # of a network
CURE = "export it again: dub train lips export"


class Network(Protocol):
    """`inputs`: the kind of each and its shape after the first axis; `outputs`: their names."""

    @property
    def inputs(self) -> dict[str, Input]: ...
    @property
    def outputs(self) -> set[str]: ...
    def run(self, output: str, given: Mapping[str, NDArray[Any]]) -> Floats: ...


def open_network(
    path: Path, *, threads: int, runtime: str = "", changes: Mapping[str, Floats] | None = None
) -> Network:
    """The ONNX network in `path`, with `changes` in the place of its weights of the same names.

    `threads` 0: as many as the machine has. `runtime`: a key of RUNTIMES, or "" for the first that
    is installed. EngineError if the file is damaged, UnavailableError without the runtime.
    """
    name = runtime or next(key for key in RUNTIMES if find_spec(key) is not None)
    if find_spec(name) is None:
        raise UnavailableError(f"{name} is not installed", cure=f"pip install {name}")
    if not path.is_file() or path.stat().st_size > MOST_BYTES:
        raise EngineError("no generator of mouths here", subject=path, cure=CURE)
    return RUNTIMES[name](path, threads, dict(changes or {}))


class _OpenVino:
    """Compiled for an output when that is first asked for."""

    def __init__(self, path: Path, threads: int, changes: Mapping[str, Floats]) -> None:
        import openvino
        from openvino import frontend

        self._core = openvino.Core()
        reader = frontend.FrontEndManager().load_by_framework("onnx")  # Core would try all formats
        failures = (
            RuntimeError,
            frontend.GeneralFailure,
            frontend.InitializationFailure,
            frontend.NotImplementedFailure,
            frontend.OpConversionFailure,
            frontend.OpValidationFailure,
        )
        try:
            self._model = reader.convert(reader.load(str(path)))
        except failures as error:
            raise EngineError("the generator is damaged", subject=path, cure=CURE) from error
        for node in self._model.get_ordered_ops():
            if node.get_friendly_name() in changes:
                value = openvino.op.Constant(changes[node.get_friendly_name()])
                node.output(0).replace(value.output(0))
        able = self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        self._settings = {"INFERENCE_PRECISION_HINT": "bf16" if "BF16" in able else "f32"}
        if threads:
            self._settings["INFERENCE_NUM_THREADS"] = str(threads)
        self._compiled: dict[str, Any] = {}

    @property
    def inputs(self) -> dict[str, Input]:
        return {
            part.get_any_name(): (
                part.get_element_type().to_dtype().name,
                _known(part.get_partial_shape()),
            )
            for part in self._model.inputs
        }

    @property
    def outputs(self) -> set[str]:
        return {part.get_any_name() for part in self._model.outputs}

    def run(self, output: str, given: Mapping[str, NDArray[Any]]) -> Floats:
        import openvino

        if output not in self._compiled:
            part = openvino.Model([self._model.output(output)], self._model.get_parameters())
            self._compiled[output] = self._core.compile_model(part, "CPU", self._settings)
        return np.asarray(self._compiled[output](dict(given))[0], np.float32)


def _known(shape: Any) -> tuple[int, ...]:
    """After the first axis; -1 for a size that may be any."""
    if shape.rank.is_dynamic:
        return (-1,)
    return tuple(size.get_length() if size.is_static else -1 for size in list(shape)[1:])


class _Onnx:
    """onnxruntime's session, in float32."""

    def __init__(self, path: Path, threads: int, changes: Mapping[str, Floats]) -> None:
        import onnxruntime
        from onnxruntime.capi import onnxruntime_pybind11_state as states

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 4  # what it complains of is raised as well
        self._kept = [onnxruntime.OrtValue.ortvalue_from_numpy(v) for v in changes.values()]
        for name, value in zip(changes, self._kept, strict=True):
            options.add_initializer(name, value)  # which does not keep it alive
        failures = (
            states.Fail,
            states.InvalidArgument,
            states.InvalidGraph,
            states.InvalidProtobuf,
            states.NotImplemented,
            states.RuntimeException,
        )
        try:
            self._session = onnxruntime.InferenceSession(
                path.read_bytes(), options, providers=["CPUExecutionProvider"]
            )
        except failures as error:
            raise EngineError("the generator is damaged", subject=path, cure=CURE) from error

    @property
    def inputs(self) -> dict[str, Input]:
        return {
            part.name: (_KINDS.get(part.type, part.type), tuple(part.shape[1:]))
            for part in self._session.get_inputs()
        }

    @property
    def outputs(self) -> set[str]:
        return {part.name for part in self._session.get_outputs()}

    def run(self, output: str, given: Mapping[str, NDArray[Any]]) -> Floats:
        return np.asarray(self._session.run([output], dict(given))[0], np.float32)


_KINDS = {"tensor(uint8)": "uint8", "tensor(float)": "float32"}
#: By the name of the module they need, the quickest first.
RUNTIMES: dict[str, Callable[[Path, int, Mapping[str, Floats]], Network]] = {
    "openvino": _OpenVino,
    "onnxruntime": _Onnx,
}
