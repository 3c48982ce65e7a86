"""Other programs that run networks, where they are installed: ONNX Runtime and OpenVINO with ONNX's exporter."""

import importlib.util
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

Arrays = Sequence[np.ndarray]
Network = Callable[..., Arrays]
"""Takes arrays and returns arrays, all of the shapes that it was exported with."""

PACKAGES = ("onnx", "onnxscript", "onnxruntime", "openvino")
EXPORTER = PACKAGES[:2]


def installed(*packages: str) -> bool:
    """Tell whether all packages are there."""
    return all(importlib.util.find_spec(package) for package in packages)


def missing() -> list[str]:
    """Name the packages that are not there."""
    return [package for package in PACKAGES if not installed(package)]


def runtimes(model: nn.Module, samples: Sequence[tuple[Tensor, ...]]) -> dict[str, Network]:
    """Open a network in every runtime that is installed.

    Args:
        model: in evaluation mode.
        samples: its inputs, whose shapes it will take, and which say what its 8 bits have to hold.
    """
    if not installed(*EXPORTER):
        return {}
    networks: dict[str, Network] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = export(model, samples[0], Path(folder) / "plain.onnx")
        small = quantise(path, samples) if installed("onnxruntime") else None
        if small:
            networks["ONNX Runtime fp32"] = onnx_runtime(path)
            networks["ONNX Runtime int8"] = onnx_runtime(small)
        if installed("openvino"):
            networks["OpenVINO fp32"] = openvino(path, "f32")
            networks["OpenVINO bf16"] = openvino(path, "bf16")
        if small and installed("openvino"):
            networks["OpenVINO int8"] = openvino(small, "f32")
    return networks


def export(model: nn.Module, inputs: tuple[Tensor, ...], path: Path) -> Path:
    """Write a network as ONNX."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model, inputs, path, dynamo=True, verbose=False)
    return path


def onnx_runtime(path: Path) -> Network:
    """Open a network in ONNX Runtime with torch's number of threads."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_inputs()]

    def network(*inputs: np.ndarray) -> Arrays:
        return session.run(None, dict(zip(names, inputs, strict=True)))

    return network


def quantise(path: Path, samples: Sequence[tuple[Tensor, ...]]) -> Path:
    """Quantise the convolutions to 8 bits, each channel's weights for themselves."""
    import onnxruntime
    from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_inputs()]

    class Samples(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.left: Iterator[dict[str, np.ndarray]] = (
                dict(zip(names, arrays(*sample), strict=True)) for sample in samples
            )

        def get_next(self) -> dict[str, np.ndarray] | None:
            return next(self.left, None)

    small = path.with_name("int8.onnx")
    quantize_static(
        str(path), str(small), Samples(), op_types_to_quantize=["Conv"], per_channel=True,
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
    )  # fmt: skip
    return small


def openvino(path: Path, precision: str) -> Network:
    """Compile a network with OpenVINO."""
    import openvino as runtime

    settings: dict[str, Any] = {
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        "PERFORMANCE_HINT": "LATENCY",
    }
    core = runtime.Core()
    request = core.compile_model(core.read_model(path), "CPU", settings).create_infer_request()

    def network(*inputs: np.ndarray) -> Arrays:
        results = request.infer(list(inputs))
        return [results[place].copy() for place in range(len(results))]

    return network


def arrays(*tensors: Tensor) -> list[np.ndarray]:
    """Return tensors as arrays that lie as they are read."""
    return [tensor.contiguous().numpy() for tensor in tensors]
