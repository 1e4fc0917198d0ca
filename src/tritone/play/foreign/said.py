"""What shapes do not tell: sample rate, dilations, causality, kind of latent. From gin, or from an export."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tritone.errors import UserError
from tritone.play.foreign.gin import Gin, Reference
from tritone.play.foreign.scripted import Archive
from tritone.play.foreign.shapes import Shape

Rows = tuple[tuple[int, ...], ...]
SCOPE = "variational"
"""The scope in which acids-rave's configs bind the encoder's layers."""
ENCODERS = {
    "VariationalEncoder": "variational",
    "DiscreteEncoder": "discrete",
    "WasserteinEncoder": "wasserstein",
    "SphericalEncoder": "spherical",
}
"""Their classes (one as it is misspelt) and the kind of latent that each gives."""
STACKED = ((1, 1), (3, 1), (5, 1))
"""Dilations of v1's units where the file says nothing of them."""
ASKED = {
    "RAVE.input_mode": ("pqmf",),
    "RAVE.output_mode": ("pqmf",),
    "GeneratorV2.amplitude_modulation": (True,),
    "GeneratorV2.keep_dim": (False,),
    "EncoderV2.keep_dim": (False,),
    "Encoder.sample_norm": (False,),
    "Encoder.repeat_layers": (1,),
    "Generator.loud_stride": (1,),
    "RAVE.spectrogram": (None,),
    "ResidualStack.kernel_sizes": ([3],),
}
"""Settings of theirs that the vae family has in one form only."""


@dataclass(frozen=True)
class Said:
    """What a config.gin or an export says of its model."""

    source: str
    sample_rate: int
    causal: bool
    encoder: str
    """variational, discrete, wasserstein or spherical."""
    dilations: Rows
    """Of the residual units at each ratio, from the top down."""
    noise_ratios: tuple[int, ...] | None
    training: dict[str, Any] = field(default_factory=dict)
    """How it was trained, in our settings' names."""
    stage1_steps: int | None = None


def said_by_gin(gin: Gin, shape: Shape, source: str) -> Said:
    """UserError where the file disagrees with the tensors, or asks for what the vae family does not have."""
    _check_asked(gin, source)
    _check_agrees(gin, shape, source)
    encoder = gin.find("RAVE.encoder", Reference("VariationalEncoder"))
    modes = {gin.find("get_padding.mode", "centered", scope) for scope in gin.scopes("get_padding.mode")} or {
        "centered"
    }
    if len(modes) > 1:
        raise UserError(f"{source} has encoder and decoder in different paddings ({', '.join(sorted(modes))}).")
    ratios = gin.find("NoiseGenerator.ratios" if shape.architecture == "v1" else "NoiseGeneratorV2.ratios")
    return Said(
        source=source,
        sample_rate=int(gin.find("SAMPLING_RATE") or gin.find("RAVE.sampling_rate", 44_100)),
        causal=modes == {"causal"},
        encoder=_kind_of_encoder(encoder.last if isinstance(encoder, Reference) else str(encoder), source),
        dilations=_rows_of_gin(gin, shape, source),
        noise_ratios=tuple(ratios) if shape.noise and ratios else None,
        training=_training(gin),
        stage1_steps=gin.find("RAVE.phase_1_duration", gin.find("PHASE_1_DURATION")),
    )


def said_by_archive(archive: Archive, shape: Shape, source: str) -> Said:
    """The same from the paddings and attributes of an exported model."""
    rate = archive.values.get("sr")
    if not isinstance(rate, int):
        raise UserError(f"{source} does not say its sample rate; give the .ckpt and config.gin of its run instead.")
    if "resampler" in archive.kinds:
        raise UserError(
            f"{source} was exported with a resampler around the model; export it without --sr, "
            "or give the .ckpt and config.gin of its run."
        )
    up = tuple(tuple(_dilation(archive, path) for path in level) for level in shape.decoder_units)[::-1]
    down = tuple(tuple(_dilation(archive, path) for path in level) for level in shape.encoder_units)
    if down and down != up:
        raise UserError(f"{source} has other dilations in its encoder {down} than in its decoder {up}.")
    kind = archive.kinds.get("encoder", "").rsplit(".", 1)[-1]
    return Said(source, rate, _is_causal(archive), _kind_of_encoder(kind, source), up, None)


def _check_asked(gin: Gin, source: str) -> None:
    for name, able in ASKED.items():
        for scope in dict.fromkeys(("", SCOPE, *gin.scopes(name))):
            value = gin.find(name, able[0], scope)
            if value not in able and _is_used(gin, name):
                raise UserError(f"{source} sets {name} = {value!r}; the vae family has {able[0]!r} alone.")


def _is_used(gin: Gin, name: str) -> bool:
    """Whether the class that a setting belongs to is part of the model: v1's stay bound in files of v2."""
    decoder = gin.find("RAVE.decoder")
    two = isinstance(decoder, Reference) and decoder.last == "GeneratorV2"
    return two != (name.split(".")[0] in ("Encoder", "Generator", "ResidualStack")) or name.startswith("RAVE.")


def _check_agrees(gin: Gin, shape: Shape, source: str) -> None:
    """UserError for the first number that text and tensors tell differently."""
    owner = "Encoder" if shape.architecture == "v1" else "EncoderV2"
    told = {
        "capacity": (gin.find(f"{owner}.capacity", gin.find("CAPACITY"), SCOPE), shape.capacity),
        "latent size": (gin.find(f"{owner}.latent_size", gin.find("LATENT_SIZE"), SCOPE), shape.latent),
        "ratios": (_tuple(gin.find(f"{owner}.ratios", gin.find("RATIOS"), SCOPE)), shape.ratios),
        "bands": (gin.find("CachedPQMF.n_band", gin.find("N_BAND")), shape.bands),
        "extra latent channels": (gin.find("NOISE_AUGMENTATION"), shape.extra),
    }
    for name, (text, tensors) in told.items():
        if text is not None and text != tensors:
            raise UserError(
                f"{source} says {name} {_plain(text)}, but the weights have {_plain(tensors)}; "
                "give the config.gin that they were trained with."
            )


def _rows_of_gin(gin: Gin, shape: Shape, source: str) -> Rows:
    if shape.architecture == "v1":
        pairs = gin.find("ResidualStack.dilations_list", STACKED)
        if any(len(pair) != 2 or pair[1] != 1 for pair in pairs):
            raise UserError(f"{source} sets ResidualStack.dilations_list = {pairs!r}; the vae family has pairs [d, 1].")
        rows: Rows = (tuple(pair[0] for pair in pairs),) * len(shape.ratios)
    else:
        said = [gin.find(f"{name}.dilations", gin.find("DILATIONS"), SCOPE) for name in ("EncoderV2", "GeneratorV2")]
        if said[0] is None or said[0] != said[1]:
            raise UserError(
                f"{source} gives encoder and decoder the dilations {said[0]} and {said[1]}; they must agree."
            )
        nested = all(isinstance(row, list | tuple) for row in said[0])
        rows = tuple(map(tuple, said[0])) if nested else (tuple(said[0]),) * len(shape.ratios)
    counts, units = [len(row) for row in rows], [len(level) for level in shape.decoder_units[::-1]]
    if counts != units:
        raise UserError(
            f"{source} says {counts} residual units at the ratios, but the weights have {units}; "
            "give the config.gin that they were trained with."
        )
    return rows


def _training(gin: Gin) -> dict[str, Any]:
    """Losses, schedule and discriminators in our names; only what the file says."""
    weights = gin.find("RAVE.weights") or {}
    ours = {"fullband_spectral_distance": "fullband", "multiband_spectral_distance": "multiband"}
    said: dict[str, Any] = {"weights": {ours.get(name, name): float(value) for name, value in weights.items()}}
    kl = {name: gin.find(f"BetaWarmupCallback.{name}") for name in ("initial_value", "target_value", "warmup_len")}
    if None not in kl.values():
        said["weights"]["kl"] = float(kl["target_value"])
        constant = kl["initial_value"] == kl["target_value"]
        said |= {"kl_start": float(kl["initial_value"]), "kl_warmup": 0 if constant else int(kl["warmup_len"])}
    said["discriminator"] = _discriminator(gin)
    if scales := gin.find("MultiScaleSTFT.scales"):
        said["spectral_scales"] = list(scales)
    if (epsilon := gin.find("AudioDistanceV1.log_epsilon")) is not None:
        said["spectral_epsilon"] = float(epsilon)
    return said


def _discriminator(gin: Gin) -> dict[str, Any]:
    names = {
        "every": ("RAVE.update_discriminator_every",),
        "periods": ("DescriptDiscriminator.periods", "MultiPeriodDiscriminator.periods"),
        "resolutions": ("DescriptDiscriminator.fft_sizes",),
    }
    found = {
        ours: next((v for each in theirs if (v := gin.find(each)) is not None), None) for ours, theirs in names.items()
    }
    return {name: value for name, value in found.items() if value is not None}


def _dilation(archive: Archive, path: str) -> int:
    """Of a convolution of three taps: half its padding, which a live export keeps in a cache."""
    pad = archive.values.get(f"{path}._pad")
    total = sum(pad) if isinstance(pad, Sequence) else archive.values.get(f"{path}.cache.padding")
    if not isinstance(total, int) or total < 2 or total % 2:
        raise UserError(f"The export does not say how {path} is padded; give the .ckpt and config.gin of its run.")
    return total // 2


def _is_causal(archive: Archive) -> bool:
    """The first convolution, of seven taps, looks at no sample ahead."""
    values: Mapping[str, Any] = archive.values
    pad = values.get("encoder.encoder.net.0._pad")
    return pad[1] == 0 if isinstance(pad, Sequence) else not _skip_is_delayed(values)


def _skip_is_delayed(values: Mapping[str, Any]) -> bool:
    """In a live export that is not causal, a unit's input waits for its convolution."""
    waits = [value for name, value in values.items() if name.endswith("aligned.paddings.1.padding")]
    return any(waits)


def _kind_of_encoder(name: str, source: str) -> str:
    if name not in ENCODERS:
        raise UserError(
            f"{source} has an encoder of the class {name or 'none'}, which is none of {', '.join(ENCODERS)}."
        )
    return ENCODERS[name]


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
