"""A model of acids-rave, saved and exported by acids-rave itself, imported by `tritone import`: is it the same sound?

For each config, with random loud weights at a small capacity (v2 at its real one too): a Lightning checkpoint with its
operative config.gin, and acids-rave's own TorchScript export, for files and live. Each is imported and reconstructs
noise, noise branch and noise channels off, posterior mean. The difference is to acids-rave's own offline forward of the
same weights. Known lateness of theirs is taken out and named in the row: 16 samples, when causal the whole delay of the
filter bank. Of the exports also: the latent along their principal axes, theirs as the mean of many drawn encodings.
"""

import contextlib
import copy
import io
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from acids import difference, peer_modules, silence_noise, unsettle_norms
from table import Row, arguments, at_most, finish, machine
from torch import Tensor, nn

from tritone.play.foreign.run import import_model
from tritone.play.load import load

BAR = 1e-5
LOUD = 0.1
"""Standard deviation of the sound from which on a model is loud enough for differences to show."""
LOUDER = 1.05
"""What all weight-norm gains are multiplied by until it is."""
EXPORT = """
import sys
from acids import peer_modules
gin, _, _ = peer_modules()
gin.enter_interactive_mode()
import scripts.export
from absl import app
app.run(scripts.export.main)
"""


@dataclass(frozen=True)
class Case:
    """One config of acids-rave, and what is set over it."""

    name: str
    configs: tuple[str, ...]
    capacity: int = 4
    bindings: tuple[str, ...] = ()
    channels: int = 1
    exported: bool = True
    """Whether acids-rave exports it too, which takes most of the time."""
    quantised: bool = False


CASES = (
    Case("v1", ("v1",)),
    Case("v1, causal", ("v1", "causal")),
    Case("v2", ("v2",)),
    Case("v2, causal", ("v2", "causal")),
    Case("v2, stereo", ("v2",), channels=2, exported=False),
    Case("v2_small", ("v2_small",)),
    Case("v2_small, causal", ("v2_small", "causal"), exported=False),
    Case("v2 with noise", ("v2", "noise"), exported=False),
    Case("v2, causal, filter bank of 40 dB", ("v2", "causal"), bindings=("pqmf.CachedPQMF.attenuation = 40",)),
    Case("v3", ("v3",)),
    Case("v3, causal", ("v3", "causal"), exported=False),
    Case("discrete, quantiser off", ("discrete",)),
    Case("discrete, quantiser on", ("discrete",), quantised=True, exported=False),
    Case("wasserstein", ("v2", "wasserstein")),
    Case("spherical", ("v2", "spherical")),
    Case("onnx", ("onnx",), exported=False),
    Case("raspberry", ("raspberry",), exported=False),
    Case("v2 at its real capacity", ("v2",), capacity=96, exported=False),
)
QUICK = ("v1", "v2", "v2, causal", "v2_small", "v3", "wasserstein")
ALWAYS_LATE = 16
DRAWS = 100


def build(case: Case) -> nn.Module:
    """acids-rave's model of this config with loud random weights, as after training: analysed, in stage 2."""
    gin, rave, cached_conv = peer_modules()
    gin.enter_interactive_mode()
    gin.clear_config()
    cached_conv.use_cached_conv(False)
    bindings = [f"CAPACITY = {case.capacity}", *case.bindings]
    gin.parse_config_files_and_bindings([f"{name}.gin" for name in case.configs], bindings)
    torch.manual_seed(0)
    peer = rave.RAVE(n_channels=case.channels).eval()
    unsettle_norms(peer)
    for module in peer.modules():
        if hasattr(module, "alpha"):
            nn.init.uniform_(module.alpha, 0.5, 2.0)
    dims = len(peer.latent_mean)
    peer.latent_pca.copy_(torch.linalg.qr(torch.randn(dims, dims))[0])
    peer.latent_mean.normal_(0, 0.1)
    peer.fidelity.copy_(torch.rand(dims).sort(descending=True).values.cumsum(0).div_(dims))
    peer.fidelity.div_(peer.fidelity[-1].clone())
    if hasattr(peer.encoder, "warmed_up"):
        peer.encoder.warmed_up.fill_(1)
    if case.quantised:
        peer.encoder.enabled.fill_(1)
        for layer in peer.encoder.rvq.layers:
            layer._codebook.embed.normal_(0, 0.1)
            layer._codebook.inited.fill_(1)
    return peer


def save(peer: nn.Module, case: Case, folder: Path) -> Path:
    """A run folder as acids-rave's training leaves one."""
    import pytorch_lightning

    gin, rave, _ = peer_modules()
    checkpoint = folder / "version_0" / "checkpoints" / "best.ckpt"
    checkpoint.parent.mkdir(parents=True)
    trainer = pytorch_lightning.Trainer(
        accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False, max_steps=1,
        callbacks=[rave.model.BetaWarmupCallback()],
    )  # fmt: skip
    trainer.strategy.connect(peer)
    trainer.save_checkpoint(checkpoint)
    (folder / "config.gin").write_text(gin.operative_config_str())
    return checkpoint


def export(folder: Path, streaming: bool) -> Path:
    """acids-rave's own export of the run, in a process of its own."""
    live = ["--streaming"] if streaming else []
    name = "live" if streaming else "files"
    words = [sys.executable, "-W", "ignore", "-c", EXPORT, "--run", str(folder), "--name", name, *live]
    ended = subprocess.run(words, capture_output=True, text=True, cwd=Path(__file__).parent)
    made = sorted(folder.rglob(f"{name}*.ts"))
    if ended.returncode or not made:
        raise RuntimeError(f"acids-rave's export failed: {ended.stderr[-600:]}")
    return made[0]


def their_reconstruction(peer: nn.Module, audio: Tensor) -> Tensor:
    """Acids-rave's offline forward without anything random; `peer` stays as it is."""
    peer = copy.deepcopy(peer)
    silence_noise(peer)
    if hasattr(peer.decoder, "warmed_up"):
        peer.decoder.warmed_up.fill_(0)  # v1 then leaves its noise out
    raw = peer.encoder(peer.pqmf(audio.flatten(0, 1)[:, None]).reshape(len(audio), -1, audio.shape[-1] // 16))
    dims = len(peer.latent_mean)
    if type(peer.encoder).__name__ == "VariationalEncoder":
        latent = raw.chunk(2, 1)[0]
    else:
        latent = peer.encoder.reparametrize(raw)[0].clone()
        latent[:, dims:] = 0
    bands = peer.decoder(latent)
    sound = peer.pqmf.inverse(bands.reshape(-1, 16, bands.shape[-1]))
    return sound.reshape(len(audio), audio.shape[1], -1)


def make_loud(peer: nn.Module, sound: Tensor) -> None:
    """Raises the gains of the random weights until the sound that comes out is as loud as that of a trained model."""
    while their_reconstruction(peer, sound).std() < LOUD:
        for module in peer.modules():
            if hasattr(module, "weight_g"):
                module.weight_g.data *= LOUDER


def rows_of(case: Case, folder: Path, audio: Tensor) -> Iterator[Row]:
    """Differences of the imports of one case."""
    peer = build(case)
    sound = audio.repeat(1, case.channels, 1) * torch.linspace(1, 0.5, case.channels)[:, None]
    make_loud(peer, sound)
    sources = {".ckpt": save(peer, case, folder)}
    if case.exported:
        sources |= {".ts": export(folder, False), "live .ts": export(folder, True)}
    theirs = their_reconstruction(peer, sound)
    rounding = difference(theirs, their_reconstruction(copy.deepcopy(peer).double(), sound.double()))
    for kind, source in sources.items():
        made = import_model(source, folder / f"run-{kind.replace(' ', '-')}")
        model = load(made.run)
        late = model.pqmf.delay_samples or ALWAYS_LATE
        ours = model.reconstruct(sound)
        end = sound.shape[-1] - (2 * model.ratio if model.config.causal else 0)
        latency = model.delay_samples
        gap = difference(ours[..., : end - late], theirs[..., late:end])
        note = f"signal std {theirs.std():.3g}, their own rounding {rounding:.2g}; live latency {latency} samples"
        yield at_most(f"{case.name}, {kind}: reconstruction (theirs {late} late)", gap, BAR, "max abs", 1, note)
        if kind == ".ts" and made.config.model.bottleneck == "normal":
            yield axes_row(case, source, model, sound)


def axes_row(case: Case, source: Path, model: Any, sound: Tensor) -> Row:
    """Their export's drawn encodings, averaged, against our posterior mean along the same axes."""
    theirs = torch.jit.load(source)
    short = sound[..., : 4 * model.ratio]
    drawn = torch.stack([theirs.encode(short) for _ in range(DRAWS)])
    mean, error = drawn.mean(0), drawn.std(0) / DRAWS**0.5
    ours = model.encode(short)[:, : mean.shape[1], : mean.shape[2]]
    apart = ((mean - ours[..., : mean.shape[2]]) / error).square().mean().sqrt().item()
    size = (mean.std() / error.mean()).item()
    note = f"in standard errors; other axes would give about {(1 + 2 * size**2) ** 0.5:.2g}"
    return at_most(f"{case.name}, .ts: latent along their {mean.shape[1]} axes", apart, 1.25, "rms", DRAWS, note)


def main() -> None:
    """Print the table; see the top of the file."""
    options = arguments(__doc__.splitlines()[0])
    torch.manual_seed(1)
    audio = 0.3 * torch.randn(1, 1, 65_536)
    rows = []
    warnings.simplefilter("ignore")
    for case in CASES:
        if options.quick and case.name not in QUICK:
            continue
        with tempfile.TemporaryDirectory() as folder, torch.no_grad(), contextlib.redirect_stderr(io.StringIO()):
            rows += rows_of(case, Path(folder), audio)
            print(case.name, flush=True)
    finish("import_parity", rows, machine(["acids-rave", "cached-conv"]), options.json)


if __name__ == "__main__":
    sys.exit(main())
