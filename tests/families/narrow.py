"""The shipped presets of the VAE, as they are and with very few channels."""

from dataclasses import replace
from importlib.resources import files

from tritone.config import deep_merge, make_config, parse_yaml
from tritone.families.vae.config import Config

PRESETS = tuple(sorted(path.name.removesuffix(".yaml") for path in (files("tritone") / "presets").iterdir()
                       if path.name.startswith("vae-")))  # fmt: skip


def preset_values(name: str) -> dict:
    values = parse_yaml((files("tritone") / "presets" / f"{name}.yaml").read_text(encoding="utf-8"), name)
    return deep_merge(preset_values(values["base"]), values) if "base" in values else values


def preset_config(name: str) -> Config:
    """The model part of a shipped preset."""
    return make_config("vae", {"model": preset_values(name)["model"]}).model


def small(name: str) -> Config:
    """The same preset with very few channels."""
    return replace(preset_config(name), capacity=4, latent=8)
