"""Records what acids-rave gives for weights that follow from their names: tests/play/foreign/acids-reference.npz.

Run in the environment of the benchmarks: PYTHONPATH=src:benchmarks:tests python tools/record_acids_reference.py. It
holds numbers alone: for each small architecture the sound of acids-rave's own offline forward (posterior mean, noise
off), and once the prototype of its filter bank.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from acids import peer_modules, silence_noise
from acids_names import LITTLE, Little, names, weights
from torch import nn

OUT = Path(__file__).parents[1] / "tests" / "play" / "foreign" / "acids-reference.npz"
SAMPLES = 1024


def build(little: Little) -> nn.Module:
    """acids-rave's model of this architecture; ValueError where its tensors have other names or shapes."""
    gin, rave, cached_conv = peer_modules()
    gin.enter_interactive_mode()
    gin.clear_config()
    cached_conv.use_cached_conv(False)
    configs = ["v1" if little.version == "v1" else "v3" if little.snake else "v2"]
    configs += {"WasserteinEncoder": ["wasserstein"], "SphericalEncoder": ["spherical"]}.get(little.encoder, [])
    configs += ["noise"] * (little.noise and little.version != "v1") + ["causal"] * little.causal
    bindings = [f"NOISE_AUGMENTATION = {little.extra}"] * (little.version != "v1")
    bindings += [f"CAPACITY = {little.capacity}", f"LATENT_SIZE = {little.latent}", f"RATIOS = {list(little.ratios)}"]
    if little.version == "v1":
        bindings += ["blocks.NoiseGenerator.ratios = [2, 2]"]
    else:
        bindings += [f"DILATIONS = {[list(row) for row in little.dilations]}"]
    if little.noise and little.version != "v1":
        bindings += ["blocks.NoiseGeneratorV2.ratios = [2, 2]", "blocks.NoiseGeneratorV2.hidden_size = 3"]
    if little.snake:
        bindings += ["blocks.EncoderV2.adain = None", "blocks.GeneratorV2.adain = None"]
    gin.parse_config_files_and_bindings([f"{name}.gin" for name in configs], bindings)
    peer = rave.RAVE(n_channels=little.channels).eval()
    known = {
        name: tuple(value.shape) for name, value in peer.state_dict().items() if name[:7] in ("encoder", "decoder")
    }
    known = {name: shape for name, shape in known.items() if not name.endswith(("warmed_up", "target_size"))}
    if known != names(little):
        raise ValueError(f"names differ: {sorted(set(known.items()) ^ set(names(little).items()))[:6]}")
    return peer


def main() -> None:
    """Write the file."""
    audio = torch.from_numpy(np.random.default_rng(0).standard_normal((1, 1, SAMPLES)).astype(np.float32)) * 0.3
    recorded: dict[str, np.ndarray] = {}
    for key, little in LITTLE.items():
        peer = build(little)
        peer.load_state_dict({**peer.state_dict(), **weights(names(little), little.gain)})
        silence_noise(peer)
        with torch.no_grad():
            latent = peer.encoder(peer.pqmf(audio))
            latent = latent.chunk(2, 1)[0] if little.head == 2 else peer.encoder.reparametrize(latent)[0]
            latent[:, little.latent :] = 0  # noise beside the latent
            recorded[key] = peer.pqmf.inverse(peer.decoder(latent)).numpy().squeeze()
        recorded["prototype"] = peer.pqmf.h.detach().numpy().flatten()
        print(key, recorded[key].shape, recorded[key].std())
    np.savez_compressed(OUT, **recorded)


if __name__ == "__main__":
    sys.exit(main())
