"""Both stages of Mousai as a user goes through them: an autoencoder, then diffusion of its latents; at nano size."""

import json

import numpy as np
import soundfile

from tritone.training.run import Run

FEW = (
    "--training.batch", 2, "--training.validation_crops", 2, "--training.previews", 1, "--model.sampling.steps", 2,
    "--steps", 2,
)  # fmt: skip
AUTOENCODER = (
    "--preset", "diffusion-ae-nano", "--model.encoder.width", 16, "--model.encoder.layers", 1,
    "--model.encoder.latent", 4, "--model.network.unet.channels", "[8, 8, 8, 8]", "--model.network.unet.features", 8,
    "--training.crop_samples", 8192, *FEW,
)  # fmt: skip
LATENTS = (
    "--preset", "diffusion-latent-nano", "--model.network.unet.channels", "[8, 16, 16]", "--model.network.unet.heads",
    2, "--model.network.unet.head_features", 8, "--model.network.unet.features", 16, "--model.by_tempo", "false",
    "--training.crop_samples", 16_384, *FEW,
)  # fmt: skip


def test_an_autoencoder_is_the_codec_of_a_model_that_makes_loops(data, tmp_path, done, audio):
    first, second = tmp_path / "ae", tmp_path / "latents"
    done("train", "diffusion", data, "--out", first, *AUTOENCODER)
    done("train", "diffusion", data, "--out", second, "--model.codec_from", first, *LATENTS)
    codec = Run(first).load().state_dict()
    inside = Run(second).load().domain.codec.state_dict()
    assert all(np.array_equal(value, codec[name]) for name, value in inside.items()) and len(inside) == len(codec)
    first.rename(tmp_path / "gone")
    facts = json.loads(done("inspect", second, "--json").out)
    assert (facts["domain"], facts["width"], facts["ratio"]) == ("latents", 4, 512)
    assert (facts["codec"], facts["codec_steps"]) == ("DiffusionAutoencoder", 2)
    two = done("generate", second, "--out", tmp_path / "two", "--count", 2, "--seconds", 0.3, "--seed", 7).paths
    (one,) = done("generate", second, "--out", tmp_path / "one", "--count", 1, "--seconds", 0.3, "--seed", 7).paths
    assert two[0].read_bytes() == one.read_bytes() != two[1].read_bytes()
    loop_words = ("--count", 1, "--loop", "--bars", 0.25, "--bpm", 97)
    (loop,) = done("generate", second, "--out", tmp_path / "loop", *loop_words).paths
    assert soundfile.info(loop).frames == round(60 / 97 * 44_100)
    (varied,) = done("generate", second, "--out", tmp_path / "varied", "--vary", loop, "--loop", "--count", 1).paths
    assert soundfile.info(varied).frames == soundfile.info(loop).frames
    given = audio("given.wav", samples=20_000)
    words = ("--inpaint", given, "--redo", "0.1:0.2", "--count", 1)
    (redone,) = done("generate", second, "--out", tmp_path / "redone", *words).paths
    before, after = soundfile.read(given)[0], soundfile.read(redone)[0]
    keep = (np.arange(20_000) < 4410) | (np.arange(20_000) >= 8820)
    assert np.array_equal(before[keep], after[keep]) and not np.allclose(before, after)
