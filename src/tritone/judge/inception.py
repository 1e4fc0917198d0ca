"""What a network that knows the labels of the data says of sounds: inception score, and how often each label occurs."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import ArrayLike

from tritone.judge.clips import Clips
from tritone.judge.figure import Figure
from tritone.judge.interval import intervals
from tritone.judge.metrics_of_sets import INCEPTION, JS_LABELS
from tritone.judge.ndb import jensen_shannon
from tritone.judge.points import Points, evenly, points
from tritone.play.load import load, require
from tritone.signal.channels import mix
from tritone.signal.resample import resample


def inception_score(probabilities: ArrayLike, splits: int = 1) -> tuple[float, float]:
    """E to the mean over sounds x of KL(p(y|x) || p(y)), and its scatter, of `probabilities (count, labels)`.

    Salimans et al. 2016 (arXiv 1606.03498). Between 1 and the number of labels: 2 to the power of the bits that a sound
    tells of its label. The sounds are dealt out to `splits` parts; the mean of their scores and the standard deviation
    between them count (LoopTest, arXiv 2108.01576, takes all together). Small parts cannot hold all labels and score
    lower. ValueError for rows that do not sum to 1, and for fewer rows than parts.
    """
    rows = points(probabilities, least=max(1, splits))
    if (rows < 0).any() or not np.allclose(rows.sum(1), 1, atol=1e-4):
        raise ValueError("probabilities must be 0 or more and sum to 1 in each row")
    scores = [_score(rows[part::splits]) for part in range(splits)]
    return float(np.mean(scores)), float(np.std(scores))


def label_figures(reference: Clips, samples: Clips, real: Clips | None, classifier: Path, seed: int) -> list[Figure]:
    """Inception score and divergence of labels by a run of `tritone train tagger`, real sound beside them.

    The score of real sound is that of `real`, or of the reference where there is none. UserError for another run.
    """
    model = load(classifier)
    require(model, "tag", classifier)

    def tags(clips: Clips) -> Points:
        answers = []
        for clip in clips.clips:
            audio = resample(mix(clip.audio, model.channels), clips.rate, model.sample_rate)
            answers.append(model.tag(torch.from_numpy(audio)[None]))
        return torch.cat(answers).to(torch.float64).numpy()

    known, made = tags(reference), tags(samples)
    held_out = tags(real) if real else None
    beside = evenly(known if held_out is None else held_out, len(made))
    values, low, high = intervals(_measures, known, made, seed=seed)
    low, compared = np.maximum(low, [1.0, 0.0]), _measures(known, beside)
    return [
        Figure(INCEPTION, float(values[0]), len(made), float(low[0]), float(high[0]), compared[0]),
        Figure(JS_LABELS, float(values[1]), len(made), float(low[1]), float(high[1]), compared[1] if real else None),
    ]


def _measures(reference: Points, samples: Points) -> list[float]:
    return [_score(samples), jensen_shannon(reference.mean(0), samples.mean(0))]


def _score(rows: Points) -> float:
    mean = rows.mean(0)
    ratio = np.divide(rows, mean, out=np.ones_like(rows), where=rows > 0)
    return float(np.exp((rows * np.log(ratio)).sum(1).mean()))
