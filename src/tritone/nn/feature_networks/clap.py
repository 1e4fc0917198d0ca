"""CLAP's audio side (HTSAT): sound to the space that it shares with text. A local folder of a transformers ClapModel.

Papers: Wu et al., Large-scale contrastive language-audio pretraining, arXiv 2211.06687; Chen et al., HTS-AT,
arXiv 2202.00874. Needs the package transformers; nothing is ever downloaded.
"""

from math import ceil
from pathlib import Path
from typing import Any

import safetensors
import torch
from torch import Tensor, nn
from torch.nn import functional

from tritone.errors import UserError
from tritone.nn.feature_networks.base import FeatureNetwork
from tritone.nn.feature_networks.front import FrontEnd
from tritone.signal.mel import mel_filters

FLOOR = 1e-10


class CLAP(FeatureNetwork):
    """A shifted-window transformer on ten seconds of mel spectrogram, folded into a square.

    The maps are what its four stages give before they merge places, unfolded to bands and frames again. An embedding is
    the projection of unit length. Sound is repeated to whole windows, since the transformer takes nothing else; what a
    repetition gave is cut from the maps. Spectrogram: 10 log10 of mel power.
    """

    def __init__(self, model: Any, extractor: Any) -> None:
        """`model` is a transformers ClapModel, of which the text side is not kept; `extractor` is its front end."""
        super().__init__()
        config, rate, window = model.config.audio_config, extractor.sampling_rate, extractor.fft_window_size
        self.name = "clap"
        self.sample_rate, self.frame_rate = rate, rate / extractor.hop_length
        self.window_frames = extractor.max_length_s * rate // extractor.hop_length + 1
        first = config.patch_embeds_hidden_size
        self.widths, self.dims = (first, 2 * first, 4 * first, 8 * first), config.projection_dim
        self.folds = config.spec_size // config.num_mel_bins
        self.fusion = bool(config.enable_fusion)
        scale = "htk" if extractor.truncation == "fusion" else "slaney"
        low, high = float(extractor.frequency_min), float(extractor.frequency_max)
        self.front = FrontEnd(
            rate=rate,
            window=torch.hann_window(window),
            transform=window,
            hop=extractor.hop_length,
            filters=mel_filters(rate, window, config.num_mel_bins, low, high, scale),
            left=window // 2,
            right=window // 2,
            reflect=True,
        )
        self.encoder: nn.Module = model.audio_model.audio_encoder
        self.projection: nn.Module = model.audio_projection

    def compress(self, mel: Tensor) -> Tensor:
        """Decibels: 10 log10, not below -100."""
        return 10 * mel.clamp(min=FLOOR).log10()

    def maps(self, spectrogram: Tensor, count: int = 4) -> list[Tensor]:
        """Of the first `count` stages, of any number of frames."""
        frames, window = spectrogram.shape[-1], self.window_frames
        parts = ceil(frames / window)
        whole = spectrogram.repeat(1, 1, ceil(parts * window / frames))[..., : parts * window]
        windows = whole.unflatten(2, (parts, window)).transpose(1, 2).flatten(0, 1)
        stages = self._encoded(windows, output_hidden_states=True).hidden_states[1 : count + 1]
        return [self._unfolded(stage, parts, frames / (parts * window)) for stage in stages]

    def embed_windows(self, windows: Tensor) -> Tensor:
        """The projections `(count, dims)`, of unit length."""
        return functional.normalize(self.projection(self._encoded(windows).pooler_output))

    def _encoded(self, windows: Tensor, **wanted: bool) -> Any:
        mel = windows.transpose(1, 2)[:, None]
        longer = torch.zeros(len(mel), 1, dtype=torch.bool, device=mel.device)
        return self.encoder(
            mel.expand(-1, 4, -1, -1) if self.fusion else mel,
            is_longer=longer,
            output_hidden_states_before_downsampling=True,
            **wanted,
        )

    def _unfolded(self, stage: Tensor, parts: int, share: float) -> Tensor:
        """The first `share` of the frames: `(batch * parts, width, folds * bands, frames / folds)` to
        `(batch, width, bands, frames)`.
        """
        windows = stage.unflatten(2, (self.folds, -1)).transpose(2, 3).flatten(3)
        whole = windows.unflatten(0, (-1, parts)).permute(0, 2, 3, 1, 4).flatten(3)
        return whole[..., : ceil(share * whole.shape[-1])]


def load(path: Path) -> CLAP:
    """CLAP from the folder that `ClapModel.save_pretrained` and its processor wrote. UserError where it is not one."""
    try:
        from transformers import ClapFeatureExtractor, ClapModel
    except ImportError as error:
        raise UserError(
            f"clap:{path} needs the package transformers; install it with pip install 'tritone[clap]'."
        ) from error
    if not (path / "config.json").is_file():
        raise UserError(f"{path} is not the folder of a ClapModel (it has no config.json); give one.")
    try:
        extractor = ClapFeatureExtractor.from_pretrained(path, local_files_only=True)
        model, report = ClapModel.from_pretrained(path, local_files_only=True, output_loading_info=True)
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, safetensors.SafetensorError) as error:
        raise UserError(f"{path} cannot be read as a ClapModel: {' '.join(str(error).split())[:200]}") from error
    if report["missing_keys"]:
        raise UserError(f"{path} is not a whole ClapModel: it lacks {min(report['missing_keys'])}; download it again.")
    network = CLAP(model, extractor)
    network.freeze()
    return network
