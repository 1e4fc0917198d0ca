"""Previews: held-out sound through the model, as wav and spectrogram, from step 0 on."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor

from tritone.signal.files import write_wav
from tritone.signal.spectrogram import spectrogram_png
from tritone.training.atomic import whole_folder
from tritone.training.log import Tracker


def write_previews(
    folder: Path, step: int, sounds: Mapping[str, Sequence[Tensor]], rate: int, trackers: Sequence[Tracker] = ()
) -> None:
    """Writes RUN/previews/step-N/{1-input.wav, …, spectrogram.png} and hands the sounds to the trackers.

    `sounds` are float32 `(channels, time)` by name. The folder is whole or not there.
    """
    audio = {name: [each.detach().float().cpu() for each in some] for name, some in sounds.items()}
    pairs = {f"{index + 1}-{name}": each for index, name, each in _in_turn(audio)}
    if not pairs:
        return
    folder.mkdir(parents=True, exist_ok=True)
    with whole_folder(folder / f"step-{step}") as target:
        for name, each in pairs.items():
            write_wav(target / f"{name}.wav", each.numpy(), rate)
        spectrogram_png(target / "spectrogram.png", pairs, rate)
    for tracker in trackers:
        for name, each in pairs.items():
            tracker.audio(step, name, each.numpy(), rate)


def _in_turn(audio: Mapping[str, Sequence[Tensor]]) -> list[tuple[int, str, Tensor]]:
    count = max((len(sounds) for sounds in audio.values()), default=0)
    return [(index, name, audio[name][index]) for index in range(count) for name in audio if index < len(audio[name])]
