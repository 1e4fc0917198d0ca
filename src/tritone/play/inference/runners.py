"""A step in torch, ONNX Runtime or OpenVINO: blocks in, block out, with the state held inside.

The runtimes without Python read the state from one set of tensors and write it to another; after each block the sets
change places, so that no state is ever copied. Packages that may be missing are imported where they are used.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import numpy as np
import torch

from tritone.errors import UserError
from tritone.play.inference.steps import Step, StepSpec
from tritone.telemetry import unreported

GROUP = 32
"""Numbers that share a scale where OpenVINO rounds what meets int8 weights."""


class Runner(Protocol):
    """One step of a stream, for one thread at a time."""

    spec: StepSpec

    def run(self, *blocks: np.ndarray) -> np.ndarray:
        """The block that follows from these; a new array."""

    def reset(self, start: Sequence[np.ndarray] | None = None) -> None:
        """Forget the blocks before; `start` gives other values for the state than those of the spec."""

    def turn(self, change: Callable[[list[torch.Tensor]], list[torch.Tensor]]) -> None:
        """Put other values into the state between two blocks: `change` gives them for those that there are."""


class TorchRunner:
    """The streaming model itself. The number of threads is that of torch in this process."""

    def __init__(self, step: Step) -> None:
        self.spec, self._step = step.spec, step.eval()
        self._state: list[torch.Tensor] = []
        self.reset()

    def run(self, *blocks: np.ndarray) -> np.ndarray:
        """See `Runner`."""
        with torch.inference_mode():
            tensors = [torch.from_numpy(np.ascontiguousarray(block, np.float32)) for block in blocks]
            output, *self._state = self._step(*tensors, *self._state)
            return output.numpy()

    def reset(self, start: Sequence[np.ndarray] | None = None) -> None:
        """See `Runner`."""
        self._state = [torch.from_numpy(array.copy()) for array in start or self.spec.start]

    def turn(self, change: Callable[[list[torch.Tensor]], list[torch.Tensor]]) -> None:
        """See `Runner`."""
        with torch.inference_mode():
            self._state = change(self._state)


class _Swapping:
    """A step whose state is read from one set of arrays and written to another, which change places after each block.

    `prepared(reads, writes)` ties arrays to the inputs and outputs of the spec, in their order, and gives what computes
    one block from them.
    """

    def __init__(self, spec: StepSpec, prepared: Callable[[list[np.ndarray], list[np.ndarray]], Callable[[], Any]]):
        self.spec, self._turn = spec, 0
        self._inputs = [port.zeros() for port in spec.inputs]
        self._output = spec.outputs[0].zeros()
        self._sets = [[port.zeros() for port in spec.state] for _ in range(2)]
        self._steps = [
            prepared([*self._inputs, *before], [self._output, *after])
            for before, after in (self._sets, reversed(self._sets))
        ]
        self.reset()

    def run(self, *blocks: np.ndarray) -> np.ndarray:
        """See `Runner`."""
        for held, block in zip(self._inputs, blocks, strict=True):
            np.copyto(held, block)
        self._steps[self._turn]()
        self._turn = 1 - self._turn
        return self._output.copy()

    def reset(self, start: Sequence[np.ndarray] | None = None) -> None:
        """See `Runner`."""
        self._turn = 0
        for held, array in zip(self._sets[0], start or self.spec.start, strict=True):
            np.copyto(held, array)

    def turn(self, change: Callable[[list[torch.Tensor]], list[torch.Tensor]]) -> None:
        """See `Runner`."""
        held = self._sets[self._turn]
        for array, tensor in zip(held, change([torch.from_numpy(array) for array in held]), strict=True):
            np.copyto(array, tensor.numpy().copy())


class OnnxRunner(_Swapping):
    """ONNX Runtime on the CPU."""

    def __init__(self, model: bytes, spec: StepSpec, threads: int) -> None:
        ort = onnxruntime()
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "1" if threads > 1 else "0")
        with TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # of bytes it would keep a second copy
            path = Path(folder) / "model.onnx"
            path.write_bytes(model)
            session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

        def prepared(reads: list[np.ndarray], writes: list[np.ndarray]) -> Callable[[], Any]:
            binding = session.io_binding()
            for name, array in zip(spec.input_names, reads, strict=True):
                binding.bind_input(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)
            for name, array in zip(spec.output_names, writes, strict=True):
                binding.bind_output(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)
            return partial(session.run_with_iobinding, binding)

        super().__init__(spec, prepared)


class OpenVinoRunner(_Swapping):
    """OpenVINO on the CPU. `change`, where given, changes the model before it is compiled; all else is float32.

    OpenVINO keeps the model beside the compiled one. It is read from a file for that reason: then the weights that are
    kept are pages of this file, which the system may drop, and only the compiled ones take memory.
    """

    def __init__(
        self, model: bytes | str, spec: StepSpec, threads: int, change: Callable[[Any], Any] | None = None
    ) -> None:
        ov = openvino()
        core = ov.Core()
        read = core.read_model(model)
        with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            path = Path(folder) / "model.xml"
            ov.save_model(read if change is None else change(read), str(path), compress_to_fp16=False)
            del read
            compiled = core.compile_model(core.read_model(path), "CPU", settings(threads))

        def prepared(reads: list[np.ndarray], writes: list[np.ndarray]) -> Callable[[], Any]:
            request: Any = compiled.create_infer_request()
            for name, array in zip([*spec.input_names, *spec.output_names], [*reads, *writes], strict=True):
                request.set_tensor(name, ov.Tensor(array, shared_memory=True))
            return request.infer

        super().__init__(spec, prepared)


def settings(threads: int) -> dict[str, Any]:
    """What OpenVINO is told: one stream on so many threads, and no rounding but what the model itself asks for."""
    return {
        "INFERENCE_PRECISION_HINT": "f32",
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "PERFORMANCE_HINT": "LATENCY",
        "DYNAMIC_QUANTIZATION_GROUP_SIZE": GROUP,
    }


def onnxruntime() -> Any:
    """The package; UserError where it is missing."""
    try:
        import onnxruntime
    except ImportError as error:
        raise UserError("ONNX Runtime is not installed; run `pip install 'tritone[export]'`.") from error
    onnxruntime.disable_telemetry_events()  # which its builds for Windows would send
    return onnxruntime


def openvino() -> Any:
    """The package; UserError where it is missing."""
    try:
        with unreported():
            import openvino
    except ImportError as error:
        raise UserError("OpenVINO is not installed; run `pip install 'tritone[realtime]'`.") from error
    return openvino
