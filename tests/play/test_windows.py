import torch

from tritone.play.windows import extent
from tritone.signal.windows import in_windows


class Model:
    sample_rate = 44_100

    def __init__(self, **stated):
        self.stated = stated

    def facts(self):
        return {"ratio": 1024, **self.stated}


def test_extent_is_whole_frames_and_covers_the_receptive_field():
    size, context = extent(Model(receptive_field_back=3000, receptive_field_ahead=5000, delay_samples=100))
    assert size % 1024 == 0 and size >= 120 * 44_100 and context == 5120


def test_a_model_with_windows_of_its_own_is_given_the_whole():
    size, context = extent(Model(own_windows=True))
    assert size % 1024 == context == 0
    sound, parts = torch.zeros(300 * 44_100), []

    def process(part, _):
        parts.append(len(part))
        return part

    in_windows(process, sound, size, context)
    assert parts == [len(sound)]
