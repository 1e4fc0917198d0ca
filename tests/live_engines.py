"""Engines whose output can be worked out by hand, and devices that call when a test says so."""

import threading
import time

import numpy as np

from tritone.play.engine.controls import starting_controls
from tritone.play.engine.desk import Desk
from tritone.play.engine.player import Player


class DelayEngine:
    """Its latents are the samples themselves, `ratio` of them a frame; what it decodes is `latency` samples late."""

    def __init__(self, ratio=4, latency=0, seconds=0.0, channels=1):
        self.ratio, self.latency_samples, self.seconds, self.channels = ratio, latency, seconds, channels
        self.resets = 0
        self.reset()

    def encode(self, block):
        time.sleep(self.seconds)
        frames = block.shape[1] // self.ratio
        return block.reshape(self.channels, frames, self.ratio).transpose(0, 2, 1).reshape(-1, frames).copy()

    def decode(self, latent):
        frames = latent.shape[1]
        sound = latent.reshape(self.channels, self.ratio, frames).transpose(0, 2, 1).reshape(self.channels, -1)
        joined = np.concatenate((self.waiting, sound), 1)
        self.waiting = joined[:, sound.shape[1] :]
        return joined[:, : sound.shape[1]].astype(np.float32)

    def reset(self):
        self.resets += 1
        self.waiting = np.zeros((self.channels, self.latency_samples), np.float32)

    def describe(self):
        return {"engine": "delay"}


def player(step=8, rate=1000, channels=1, **engine):
    """A player of a DelayEngine."""
    made = DelayEngine(channels=channels, **engine)
    desk = Desk(starting_controls(made.ratio * channels))
    return Player(made, desk, channels=channels, rate=rate, ratio=made.ratio, step=step)


class ScriptedDevice:
    """A sound card that calls back with the given sizes, `seconds` between them, and then dies or falls silent."""

    latency_seconds = 0.0

    def __init__(self, exchange, sizes, audio=None, seconds=0.0, hears=True, waits=None, dies=False):
        self.exchange, self.sizes, self.audio, self.seconds = exchange, list(sizes), audio, seconds
        self.hears, self.waits, self.dies = hears, waits, dies
        self.heard = []
        self.running = False
        self.done = False
        self.thread = threading.Thread(target=self._call, daemon=True)

    def start(self):
        self.running = True
        self.thread.start()

    def stop(self):
        self.running = False
        if self.thread.ident:
            self.thread.join()

    def _call(self):
        at = 0
        for size in self.sizes:
            if not self.running:
                return
            if self.waits:
                self.waits()
            if self.audio is not None:
                self.exchange.take(self.audio[:, at : at + size])
            if self.hears:
                out = np.empty((1, size), np.float32)
                self.exchange.give(out)
                self.heard.append(out)
            at += size
            time.sleep(self.seconds)
        self.done = True
        self.running = self.running and not self.dies
