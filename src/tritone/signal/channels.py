"""From any number of channels to mono or stereo."""

import numpy as np

_CENTRE = _SURROUND = 2**-0.5

# Weights into (left, right) for each channel in WAV order; after ITU-R BS.775: centre and surrounds at -3 dB, no LFE.
_LEFT, _RIGHT, _MIDDLE, _LFE = (1.0, 0.0), (0.0, 1.0), (_CENTRE, _CENTRE), (0.0, 0.0)
_SIDE_LEFT, _SIDE_RIGHT, _BACK = (_SURROUND, 0.0), (0.0, _SURROUND), (_SURROUND / 2**0.5, _SURROUND / 2**0.5)
_LAYOUTS = {
    2: (_LEFT, _RIGHT),
    3: (_LEFT, _RIGHT, _MIDDLE),
    4: (_LEFT, _RIGHT, _SIDE_LEFT, _SIDE_RIGHT),
    5: (_LEFT, _RIGHT, _MIDDLE, _SIDE_LEFT, _SIDE_RIGHT),
    6: (_LEFT, _RIGHT, _MIDDLE, _LFE, _SIDE_LEFT, _SIDE_RIGHT),
    7: (_LEFT, _RIGHT, _MIDDLE, _LFE, _BACK, _SIDE_LEFT, _SIDE_RIGHT),
    8: (_LEFT, _RIGHT, _MIDDLE, _LFE, _SIDE_LEFT, _SIDE_RIGHT, _SIDE_LEFT, _SIDE_RIGHT),
}


def mixing_matrix(source: int, target: int) -> np.ndarray:
    """Gains `(target, source)` from `source` channels to 1 or 2; no row sums to more than 1, so nothing can clip."""
    if source == target:
        return np.eye(source, dtype=np.float32)
    if source == 1:
        return np.ones((target, 1), np.float32)
    if source not in _LAYOUTS:
        return np.full((target, source), 1 / source, np.float32)
    stereo = np.array(_LAYOUTS[source]).T
    stereo = stereo / stereo.sum(axis=1, keepdims=True)
    return (stereo if target == 2 else stereo.mean(axis=0, keepdims=True)).astype(np.float32)


def mix(audio: np.ndarray, channels: int) -> np.ndarray:
    """`audio` `(source channels, frames)` as mono or stereo `(channels, frames)`; mono is the mean of both sides."""
    if audio.shape[0] == channels:
        return audio
    return mixing_matrix(audio.shape[0], channels) @ audio
