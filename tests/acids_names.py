"""Models of acids-rave made from nothing: names and shapes of their tensors (facts), and files that hold them.

`tools/record_acids_reference.py` checks `names` against acids-rave itself when it records `acids-reference.npz`.
"""

import zipfile
import zlib
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

Names = dict[str, tuple[int, ...]]
BANDS = 16
TAPS = 377


@dataclass(frozen=True)
class Little:
    """A small architecture."""

    version: str = "v2"
    capacity: int = 2
    latent: int = 8
    ratios: tuple[int, ...] = (2, 2)
    dilations: tuple[tuple[int, ...], ...] = ((1, 3), (1,))
    channels: int = 1
    causal: bool = False
    noise: bool = False
    snake: bool = False
    encoder: str = "VariationalEncoder"
    extra: int = 0
    gain: float = 1.0
    """Of every weight-norm gain, so that the sound stays within full scale."""

    @property
    def head(self) -> int:
        return 2 if self.encoder == "VariationalEncoder" else 1

    @property
    def samples(self) -> int:
        return BANDS * prod(self.ratios)


LITTLE = {
    "v1": Little("v1", dilations=((1, 3, 5),) * 2, noise=True),
    "v2": Little(),
    "v2-causal": Little(causal=True),
    "v2-noise": Little(noise=True),
    "v3": Little(snake=True, gain=0.8),
    "wasserstein": Little(encoder="WasserteinEncoder", extra=4),
    "spherical": Little(encoder="SphericalEncoder", gain=0.76),
}


def names(little: Little) -> Names:
    """Names and shapes of the encoder's and decoder's tensors."""
    return _v1(little) if little.version == "v1" else _v2(little)


def weights(wanted: Names, gain: float = 1.0) -> dict[str, Tensor]:
    """Numbers that follow from each tensor's name alone, loud enough for sound to come out."""
    made = {}
    for name, shape in wanted.items():
        values = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape)
        if name.endswith("weight_g"):
            values = gain * (0.9 + 0.45 * np.abs(values))
        elif name.endswith("running_var"):
            values = 0.9 + 0.45 * np.abs(values)
        elif name.endswith("alpha"):
            values = 0.2 + 0.2 * np.abs(values)
        elif name.endswith(("bias", "running_mean")):
            values = 0.1 * values
        elif name.endswith(".weight"):
            values = values * 2 / np.sqrt(max(prod(shape[1:]), 1)) if len(shape) > 1 else 1 + 0.2 * values
        made[name] = torch.from_numpy(np.asarray(values, dtype=np.float32))
        if name.endswith("num_batches_tracked"):
            made[name] = torch.tensor(7)
    return made


def state(little: Little, prototype: Tensor | None = None) -> dict[str, Tensor]:
    """A whole state dict: networks, filter bank, principal axes, and that it is in stage 2."""
    whole = weights(names(little), little.gain)
    dims = little.latent
    axes = np.linalg.qr(np.random.default_rng(1).standard_normal((dims, dims)))[0].astype(np.float32)
    shares = np.cumsum(2.0 ** -np.arange(1, dims + 1)).astype(np.float32)
    whole |= {
        "latent_pca": torch.from_numpy(axes),
        "latent_mean": torch.linspace(-0.2, 0.2, dims),
        "fidelity": torch.from_numpy(shares / shares[-1]),
        "pqmf.hk": torch.zeros(BANDS, 512),
        "pqmf.h": torch.hann_window(TAPS, periodic=False) / TAPS if prototype is None else prototype,
        "encoder.warmed_up": torch.tensor(1),
        "decoder.warmed_up": torch.tensor(1),
    }
    if little.noise:
        prefix = "decoder.synth.branches.2" if little.version == "v1" else "decoder.noise_module"
        whole[f"{prefix}.target_size"] = torch.tensor(4)
    return whole


def discriminators(capacity: int, version: str) -> dict[str, Tensor]:
    """Their discriminators: three scales, and in v2 five periods before them."""
    wanted: Names = {}
    kinds = [("discriminator.", 3, (15,))]
    if version != "v1":
        kinds = [("discriminator.discriminators.0.", 5, (5, 1)), ("discriminator.discriminators.1.", 3, (15,))]
    for prefix, count, kernel in kinds:
        for net in range(count):
            sizes = [1, *(capacity * 2**layer for layer in range(4))]
            for layer in range(4):
                place = f"{prefix}layers.{net}.net.{2 * layer}."
                wanted[place + "bias"] = (sizes[layer + 1],)
                wanted[place + "weight_g"] = (sizes[layer + 1], 1, *[1] * len(kernel))
                wanted[place + "weight_v"] = (sizes[layer + 1], sizes[layer], *kernel)
            wanted[f"{prefix}layers.{net}.net.8.weight"] = (1, sizes[-1], *[1] * len(kernel))
            wanted[f"{prefix}layers.{net}.net.8.bias"] = (1,)
    return weights(wanted)


def gin(little: Little) -> str:
    """An operative config.gin of such a model, in the words of a file that says as little as it can."""
    mode = "causal" if little.causal else "centered"
    shared = f"""from __gin__ import dynamic_registration
import cached_conv as cc
from rave import blocks

# Macros:
# ==============
CAPACITY = {little.capacity}
LATENT_SIZE = {little.latent}
N_BAND = {BANDS}
PHASE_1_DURATION = 200
RATIOS = {list(little.ratios)}
SAMPLING_RATE = 44100

cc.Conv1d.bias = False
convs.get_padding.mode = '{mode}'
variational/convs.get_padding.mode = '{mode}'
pqmf.CachedPQMF.n_band = %N_BAND
model.RAVE.encoder = @blocks.{little.encoder}
model.RAVE.phase_1_duration = %PHASE_1_DURATION
model.RAVE.update_discriminator_every = 4
model.RAVE.weights = {{'feature_matching': 20}}
"""
    if little.version == "v1":
        return (
            shared
            + """
model.RAVE.decoder = @blocks.Generator
variational/blocks.Encoder.capacity = %CAPACITY
variational/blocks.Encoder.ratios = %RATIOS
blocks.NoiseGenerator.ratios = [2, 2]
blocks.ResidualStack.dilations_list = [[1, 1], [3, 1], [5, 1]]
"""
        )
    return (
        shared
        + f"""
DILATIONS = \\
    {[list(row) for row in little.dilations]}
model.RAVE.decoder = @blocks.GeneratorV2
variational/blocks.EncoderV2.capacity = %CAPACITY
variational/blocks.EncoderV2.dilations = %DILATIONS
variational/blocks.EncoderV2.ratios = %RATIOS
blocks.GeneratorV2.dilations = %DILATIONS
blocks.NoiseGeneratorV2.ratios = [2, 2]
"""
    )


def write_checkpoint(folder: Path, little: Little, *, step: int = 300, **more: object) -> Path:
    """RUN/config.gin and RUN/version_0/checkpoints/best.ckpt, as a training leaves them."""
    path = folder / "version_0" / "checkpoints" / "best.ckpt"
    path.parent.mkdir(parents=True)
    (folder / "config.gin").write_text(gin(little))
    whole = {**state(little), **discriminators(little.capacity, little.version)}
    torch.save({"state_dict": whole, "global_step": step, "callbacks": {}, **more}, path)
    return path


def write_export(path: Path, little: Little, *, live: bool = False) -> Path:
    """A TorchScript archive of the same model, its weight norm removed, as protocol 2 of pickle writes one."""
    values: dict[str, object] = {"sr": 44_100}
    tensors = {}
    whole = state(little)
    for name, value in whole.items():
        if name.endswith("weight_g"):
            stem = name.removesuffix("_g")
            direction = whole[stem + "_v"]
            norm = direction.flatten(1).norm(dim=1).reshape(value.shape)
            tensors[stem] = direction * (value / norm)
        elif not name.endswith("weight_v"):
            tensors[name] = value
    for path_of, total in _paddings(little).items():
        right = 0 if little.causal else total // 2
        if live:
            values[f"{path_of}.cache.padding"] = total
            tensors[f"{path_of}.cache.pad"] = torch.zeros(4, 1, total)
        else:
            values[f"{path_of}._pad"] = (total - right, right)
        if live and "aligned" in path_of:
            values[f"{path_of.partition('aligned')[0]}aligned.paddings.1.padding"] = right
    pickled = scripted_pickle(tensors, values, {"encoder": f"__torch__.rave.blocks {little.encoder}"})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data.pkl", pickled)
        for number, value in enumerate(tensors.values()):
            archive.writestr(f"model/data/{number}", value.contiguous().numpy().tobytes())
        archive.writestr("model/code/__torch__/rave.py", "raise SystemExit('this must never run')")
    return path


def scripted_pickle(tensors: dict[str, Tensor], values: dict[str, object], kinds: dict[str, str]) -> bytes:
    """The data.pkl of an archive whose modules hold these tensors and values by dotted name."""
    tree: dict = {}
    for number, (name, value) in enumerate(tensors.items()):
        _hang(tree, name, _tensor(number, value))
    for name, plain in values.items():
        _hang(tree, name, _plain(plain))
    return b"\x80\x02" + _module(tree, "", kinds) + b"."


def _hang(tree: dict, name: str, pickled: bytes) -> None:
    *above, last = name.split(".")
    for part in above:
        tree = tree.setdefault(part, {})
    tree[last] = pickled


def _module(tree: dict, path: str, kinds: dict[str, str]) -> bytes:
    kind = kinds.get(path, "__torch__.Module Module").replace(" ", "\n")
    body = b"".join(
        _plain(name) + (_module(inner, f"{path}.{name}".strip("."), kinds) if isinstance(inner, dict) else inner)
        for name, inner in tree.items()
    )
    return f"c{kind}\n".encode() + b")\x81}(" + body + b"ub"


def _plain(value: object) -> bytes:
    if isinstance(value, str):
        return b"X" + len(value.encode()).to_bytes(4, "little") + value.encode()
    if isinstance(value, int):
        return b"J" + value.to_bytes(4, "little", signed=True)
    assert isinstance(value, tuple)
    return b"(" + b"".join(map(_plain, value)) + b"t"


def _tensor(number: int, value: Tensor) -> bytes:
    storage = {torch.float32: b"ctorch\nFloatStorage\n", torch.int64: b"ctorch\nLongStorage\n"}[value.dtype]
    pid = b"(" + _plain("storage") + storage + _plain(str(number)) + _plain("cpu") + _plain(value.numel()) + b"tQ"
    shape, stride = tuple(value.shape), tuple(value.contiguous().stride())
    rest = _plain(0) + _plain(shape) + _plain(stride) + b"\x89" + b"ccollections\nOrderedDict\n)R"
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + pid + rest + b"tR"


def _paddings(little: Little) -> dict[str, int]:
    """How many samples each convolution of three or seven taps is padded with in all."""
    found = {"encoder.encoder.net.0": 6}
    wanted = [name for name in names(little) if name.endswith("1.weight_v") and "aligned" in name]
    for prefix in ("encoder.", "decoder."):
        paths = [name.removesuffix(".weight_v") for name in wanted if name.startswith(prefix)]
        rows = little.dilations if prefix == "encoder." else little.dilations[::-1]
        found |= dict(zip(paths, [2 * each for row in rows for each in row], strict=False))
    return found


def _normalised(path: str, shape: tuple[int, ...]) -> Names:
    return {f"{path}.weight_g": (shape[0], 1, 1), f"{path}.weight_v": shape}


def _v2(little: Little) -> Names:
    top = little.capacity * 2 ** len(little.ratios)
    encoder, place = _normalised("encoder.encoder.net.0", (little.capacity, BANDS * little.channels, 7)), 1
    channels = little.capacity
    for ratio, row in zip(little.ratios, little.dilations, strict=True):
        units, place = _units("encoder.encoder.net", place, channels, row)
        encoder |= {**units, **_snake(little, f"encoder.encoder.net.{place}", channels)}
        encoder |= _normalised(f"encoder.encoder.net.{place + 1}", (2 * channels, channels, 2 * ratio))
        channels, place = 2 * channels, place + 2
    encoder |= _snake(little, f"encoder.encoder.net.{place}", channels)
    encoder |= _normalised(f"encoder.encoder.net.{place + 1}", (little.head * little.latent, top, 3))
    decoder, place = _normalised("decoder.net.0", (top, little.latent + little.extra, 3)), 1
    for ratio, row in zip(little.ratios[::-1], little.dilations[::-1], strict=True):
        decoder |= _snake(little, f"decoder.net.{place}", channels)
        decoder |= _normalised(f"decoder.net.{place + 1}", (channels, channels // 2, 2 * ratio))
        channels //= 2
        units, place = _units("decoder.net", place + 2, channels, row)
        decoder |= units
    decoder |= _snake(little, f"decoder.net.{place}", channels)
    bands = BANDS * little.channels
    head = "decoder.waveform_module" if little.noise else f"decoder.net.{place + 1}"
    decoder |= _normalised(head, (2 * bands, channels, 7))
    if little.noise:
        shapes = [(3, channels, 4), (bands * 5, 3, 4)]
        decoder |= {f"decoder.noise_module.net.{2 * i}.weight": shape for i, shape in enumerate(shapes)}
    return {**encoder, **decoder}


def _units(prefix: str, place: int, channels: int, row: tuple[int, ...]) -> tuple[Names, int]:
    found: Names = {}
    for index in range(place, place + len(row)):
        inside = f"{prefix}.{index}.aligned.branches.0.net"
        found |= _normalised(f"{inside}.1", (channels, channels, 3)) | _normalised(
            f"{inside}.3", (channels, channels, 1)
        )
    return found, place + len(row)


def _snake(little: Little, path: str, channels: int) -> Names:
    return {f"{path}.alpha": (channels, 1)} if little.snake else {}


def _v1(little: Little) -> Names:
    bands, channels = BANDS * little.channels, little.capacity
    found: Names = {"encoder.encoder.net.0.weight": (channels, bands, 7)}
    place = 1
    for ratio in little.ratios:
        for part in ("weight", "bias", "running_mean", "running_var"):
            found[f"encoder.encoder.net.{place}.{part}"] = (channels,)
        found[f"encoder.encoder.net.{place}.num_batches_tracked"] = ()
        found[f"encoder.encoder.net.{place + 2}.weight"] = (2 * channels, channels, 2 * ratio + 1)
        channels, place = 2 * channels, place + 3
    found[f"encoder.encoder.net.{place + 1}.weight"] = (2 * little.latent, channels // 2, 5)
    found |= _normalised("decoder.net.0", (channels, little.latent, 7))
    for index, (ratio, row) in enumerate(zip(little.ratios, little.dilations, strict=True)):
        found |= _normalised(f"decoder.net.{2 * index + 1}.net.1", (channels, channels // 2, 2 * ratio))
        channels //= 2
        for number in range(len(row)):
            unit = f"decoder.net.{2 * index + 2}.net.branches.0.net.{number}.net.aligned.branches.0"
            found |= _normalised(f"{unit}.1", (channels, channels, 3)) | _normalised(
                f"{unit}.3", (channels, channels, 3)
            )
    found |= _normalised("decoder.synth.branches.0", (bands, channels, 7))
    found |= _normalised("decoder.synth.branches.1", (1, channels, 3))
    for index, shape in enumerate([(channels, channels, 3), (bands * 5, channels, 3)] if little.noise else []):
        found[f"decoder.synth.branches.2.net.{2 * index}.weight"] = shape
    return found
