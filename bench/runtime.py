"""Other programs that run networks, where they are installed: ONNX Runtime and OpenVINO (extra ``export``)."""

import importlib.util
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mienkit.core.task import Edited
from mienkit.systems.ganimation import Ganimation

Edit = Callable[[Tensor, Tensor, Tensor], Edited]
Network = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def installed(*packages: str) -> bool:
    """Tell whether all packages are there."""
    return all(importlib.util.find_spec(package) for package in packages)


def runtimes(model: Ganimation, faces: tuple[Tensor, ...]) -> dict[str, Edit]:
    """Make an edit for every runtime that is installed; their networks take batches of the faces' size only."""
    if not installed("onnx", "onnxscript"):
        return {}
    inputs = faces[0], faces[2]
    networks: dict[str, Network] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = export(model, inputs, Path(folder) / "plain.onnx")
        if installed("onnxruntime"):
            networks["ONNX Runtime fp32"] = onnx_runtime(path)
            networks["ONNX Runtime int8"] = onnx_runtime(quantise(path, inputs))
        if installed("openvino"):
            networks["OpenVINO fp32"] = openvino(path, "f32")
            networks["OpenVINO bf16"] = openvino(path, "bf16")
    return {name: blend(network) for name, network in networks.items()}


def blend(network: Network) -> Edit:
    """Make an edit from a network that returns colour and attention."""

    def edit(image: Tensor, source: Tensor, target: Tensor) -> Edited:
        colour, keep = network(image, target)
        return Edited(image=(1 - keep) * colour + keep * image, change=1 - keep)

    return edit


def export(model: Ganimation, inputs: tuple[Tensor, ...], path: Path) -> Path:
    """Write the generator as ONNX."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        names = {"input_names": ["image", "condition"], "output_names": ["colour", "keep"]}
        torch.onnx.export(model.generator, inputs, path, dynamo=True, verbose=False, **names)  # type: ignore[arg-type]
    return path


def onnx_runtime(path: Path) -> Network:
    """Open a network in ONNX Runtime with torch's number of threads."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def network(image: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        colour, keep = session.run(None, feed(image, condition))
        return torch.from_numpy(colour), torch.from_numpy(keep)

    return network


def quantise(path: Path, inputs: tuple[Tensor, ...]) -> Path:
    """Quantise the convolutions to 8 bits, with the faces to be edited as samples: the best case for its error."""
    from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static

    class Samples(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.left: Iterator[dict[str, np.ndarray]] = iter([feed(*inputs)])

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

    def network(image: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        results = request.infer(feed(image, condition))
        return torch.from_numpy(results[0].copy()), torch.from_numpy(results[1].copy())

    return network


def feed(image: Tensor, condition: Tensor) -> dict[str, np.ndarray]:
    """Name the inputs."""
    return {"image": image.contiguous().numpy(), "condition": condition.contiguous().numpy()}
