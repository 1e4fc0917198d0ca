"""`--to openvino`: one step of a streaming model as OpenVINO's pair of files, FILE.xml and FILE.bin.

As `tritone.play.export.onnx`, with convolutions in the place of matrix products, which OpenVINO runs faster. Weights
are float32; whoever compiles the model chooses what it computes in.
"""

from pathlib import Path
from typing import Any

from tritone.errors import unwritten
from tritone.families.vae.model import VAE
from tritone.play.export.facts import step_facts
from tritone.play.export.placed import placed
from tritone.play.export.verify import verify
from tritone.play.inference import runners
from tritone.play.inference.graph import onnx_bytes
from tritone.play.inference.products import as_convolution
from tritone.play.inference.steps import Method, Step, tuned


def write(
    vae: VAE, path: Path, *, dims: int, noise: bool = True, block: int = 2048, method: Method = "forward"
) -> dict[str, Any]:
    """Write `method` of `vae` to `path` (FILE.xml) and its weights beside it (FILE.bin); see `onnx.write`."""
    openvino = runners.openvino()
    stream = vae.streaming(dims=dims, noise=noise)
    step = Step(tuned(vae.streaming(dims=dims, noise=noise), as_convolution), method, block)
    with placed(path, ".xml", ".bin") as (graph, _):
        read = openvino.Core().read_model(onnx_bytes(step))
        try:
            openvino.save_model(read, str(graph), compress_to_fp16=False)
        except RuntimeError as error:  # its "iostream error", for a full disk too
            raise unwritten(path, error) from error
        differences = verify(runners.OpenVinoRunner(str(graph), step.spec, 1), vae, stream, block)
    return {"format": "openvino", **step_facts(stream, step), "differences": differences}
