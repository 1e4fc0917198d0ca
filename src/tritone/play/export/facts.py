"""What a file of one step says of itself: sizes, rates, latency, and every tensor that goes in and out."""

from typing import Any

from tritone.families.vae.streaming import StreamingVAE
from tritone.play.inference.steps import NEXT, Port, Step


def step_facts(stream: StreamingVAE, step: Step) -> dict[str, Any]:
    """Facts of `step`, a method of `stream`, in plain numbers and words."""
    spec = step.spec
    return {
        "method": spec.method,
        "sample_rate": stream.sample_rate,
        "channels": stream.channels,
        "ratio": stream.ratio,
        "latent_rate": stream.sample_rate / stream.ratio,
        "dims": stream.dims,
        "latent": stream.latent,
        "block": step.block,
        "latency_samples": latency_samples(stream, spec.method),
        "latency_ms": 1000 * latency_samples(stream, spec.method) / stream.sample_rate,
        "encoder_lag": stream.encoder_lag,
        "noise": len(spec.inputs) > 1,
        "inputs": [_port(port) for port in spec.inputs],
        "outputs": [_port(port) for port in spec.outputs],
        "state": [{**_port(port), "next": port.name + NEXT} for port in spec.state],
    }


def latency_samples(stream: StreamingVAE, method: str) -> int:
    """By how many samples what `method` gives comes later than offline."""
    encoding = stream.encoder_lag * stream.ratio
    return {"forward": stream.latency_samples, "encode": encoding, "decode": stream.latency_samples - encoding}[method]


def _port(port: Port) -> dict[str, Any]:
    return {"name": port.name, "shape": list(port.shape), "type": port.dtype}
