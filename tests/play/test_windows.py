from tritone.play.windows import extent


def test_extent_is_whole_frames_and_covers_the_receptive_field():
    class Model:
        sample_rate = 44_100

        def facts(self):
            return {"ratio": 1024, "receptive_field_back": 3000, "receptive_field_ahead": 5000, "delay_samples": 100}

    size, context = extent(Model())
    assert size % 1024 == 0 and size >= 120 * 44_100 and context == 5120
