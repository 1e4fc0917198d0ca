"""`--to onnx`: one step of a streaming model as an ONNX file, with the state as inputs and outputs.

One file holds one method. Encoder and decoder share no weights, so that `encode` and `decode` apart hold every weight
once, and `forward` is both in one graph for who does not need the latent.
"""

from pathlib import Path
from typing import Any

from tritone.families.vae.model import VAE
from tritone.play.export.facts import step_facts
from tritone.play.export.placed import placed
from tritone.play.export.verify import verify
from tritone.play.inference.graph import OPSET, onnx_bytes
from tritone.play.inference.runners import OnnxRunner, onnxruntime
from tritone.play.inference.steps import Method, Step


def write(
    vae: VAE, path: Path, *, dims: int, noise: bool = True, block: int = 2048, method: Method = "forward"
) -> dict[str, Any]:
    """Write `method` of `vae`, with `dims` axes of its latent and blocks of `block` samples, to `path`.

    With `noise` the noise branch is heard, if there is one; its noise is an input. The file is run in ONNX Runtime and
    compared with the model before it gets its name. Returns its facts. UserError for a block that is no whole number of
    latent frames, where ONNX Runtime is missing, and where the file differs from the model.
    """
    onnxruntime()
    stream = vae.streaming(dims=dims, noise=noise)
    step = Step(stream, method, block)
    with placed(path, ".onnx") as (part,):
        part.write_bytes(onnx_bytes(step))
        differences = verify(OnnxRunner(part.read_bytes(), step.spec, 1), vae, stream, block)
    return {"format": "onnx", "opset": OPSET, **step_facts(stream, step), "differences": differences}
