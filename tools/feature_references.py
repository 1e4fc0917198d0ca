"""Makes tests/nn/feature_networks/*_reference.npz: what the original aisfx and musicnn packages give for shipped loops.

Run once, in an environment of its own with essentia, librosa, tensorflow, tf-keras, torch and soundfile:
`python tools/feature_references.py FOLDER` with the folder that holds the two unpacked wheels. Loops shorter than a
window of the network have no embedding.

aisfx: its own `compute_spectrogram` (Essentia) and its own network, first 100 frames.
musicnn: librosa's mel spectrogram as in its `batch_data`, its own TensorFlow graph and checkpoint, first 187 frames.
Of the spectrograms, every 25th frame is kept.
Two things are done as when musicnn was made, not as its code does them today. Mirrored ends: its pinned NumPy
keeps librosa below 0.9, whose spectrograms mirror. No float16 between: 10000 * x overflows in float16 from x = 6.55 on,
so loud sound becomes infinite. `musicnn-mtt/.../quiet` is its `batch_data` untouched, float16 and all, on sound at
`QUIET` of its level, where nothing overflows.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

ROOT = Path(__file__).parent.parent
LOOPS = ROOT / "src/tritone/assets/sound/loops"
TESTS = ROOT / "tests/nn/feature_networks"
EVERY = 25
QUIET = 0.05

Graph = Callable[[NDArray], tuple[NDArray, NDArray]]


def main() -> None:
    """Read the command line, run both packages, write the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", type=Path, help="folder with the two unpacked wheels")
    for folder in parser.parse_args().packages.iterdir():
        sys.path.insert(0, str(folder))
    loops = sorted(LOOPS.glob("*.ogg"))
    np.savez_compressed(TESTS / "aisfx_reference.npz", **aisfx(loops))
    np.savez_compressed(TESTS / "musicnn_reference.npz", **musicnn(loops))


def aisfx(loops: list[Path]) -> dict[str, NDArray]:
    """Number of frames, mel spectrogram `(bands, frames)` and embedding of every loop."""
    import torch
    from aisfx.inference import SAMPLE_RATE, SPEC_BLOCK_LENGTH, SPEC_HOP_LENGTH, get_path_modelWeights
    from aisfx.models.cnn2d import CrossNet, EmbeddingNet
    from aisfx.preprocessing import spectrogram_normalize
    from aisfx.spectrogram.spectrogram_essentia import compute_spectrogram

    weights, datasets = torch.load(get_path_modelWeights(), map_location="cpu", weights_only=False)
    model = CrossNet(EmbeddingNet("max", 3, 1, 64), datasets, "cpu")
    model.load_state_dict(weights)
    model.eval()
    found = {}
    for loop in loops:
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "loop.wav")
            soundfile.write(path, *soundfile.read(loop, dtype="float32"), subtype="FLOAT")
            mel = compute_spectrogram(
                path, sr=SAMPLE_RATE, block_size=SPEC_BLOCK_LENGTH, hop_size=SPEC_HOP_LENGTH, n_mels=96, f_min=0.0,
                f_max=22050.0,
            )  # fmt: skip
        mel = spectrogram_normalize(mel).astype(np.float32)
        key = f"aisfx/{loop.stem}/"
        found[key + "frames"], found[key + "mel"] = np.array(len(mel)), mel[:100:EVERY].T
        if len(mel) >= 100:
            with torch.no_grad():
                found[key + "embedding"] = model.get_embedding(torch.from_numpy(mel[None, :100])).numpy()[0]
    return found


def musicnn(loops: list[Path]) -> dict[str, NDArray]:
    """Mel spectrogram `(bands, frames)`, embedding and tags of every loop by both taggers."""
    os.environ |= {"TF_USE_LEGACY_KERAS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    import librosa
    from musicnn.extractor import batch_data

    original = librosa.feature.melspectrogram
    librosa.feature.melspectrogram = lambda **options: original(**options, pad_mode="reflect")
    found: dict[str, NDArray] = {}
    for dataset in ("MTT", "MSD"):
        run = _graph(f"{dataset}_vgg")
        for loop in loops:
            audio, rate = librosa.load(loop, sr=16_000)
            mel = librosa.feature.melspectrogram(y=audio, sr=rate, hop_length=256, n_fft=512, n_mels=96).T
            mel = np.log10(10_000 * mel + 1)[:187]
            key = f"musicnn-{dataset.lower()}/{loop.stem}/"
            found[f"musicnn/{loop.stem}/mel"] = mel[::EVERY].T
            if len(mel) == 187:
                found[key + "embedding"], found[key + "tags"] = run(mel)
                found[key + "quiet"] = run(_quiet_patch(loop, batch_data))[0]
    return found


def _quiet_patch(loop: Path, batch_data: Callable[..., tuple[NDArray, NDArray]]) -> NDArray:
    """The package's own first patch of the loop at `QUIET` of its level."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "loop.wav")
        sound, rate = soundfile.read(loop, dtype="float32")
        soundfile.write(path, sound * QUIET, rate, subtype="FLOAT")
        return batch_data(path, 187, 187)[0][0]


def _graph(model: str) -> Graph:
    """The package's own graph with its own checkpoint: patch (frames, bands) -> flattened pool5 and tags."""
    import tensorflow as tf
    from musicnn import models

    folder = Path(models.__file__).parent / model
    with tf.Graph().as_default():
        with tf.name_scope("model"):
            patch = tf.compat.v1.placeholder(tf.float32, [None, 187, 96])
            training = tf.compat.v1.placeholder(tf.bool)
            logits, *pools = models.define_model(patch, training, model, 50)
        wanted = [tf.reshape(pools[-1], [-1, 256]), tf.nn.sigmoid(logits)]
        session = tf.compat.v1.Session()
        tf.compat.v1.train.Saver().restore(session, f"{folder}/")

    def run(mel: NDArray) -> tuple[NDArray, NDArray]:
        embedding, tags = session.run(wanted, {patch: mel[None], training: False})
        return embedding[0], tags[0]

    return run


if __name__ == "__main__":
    main()
