"""The thread that computes: from the input ring through the player to the output ring."""

import threading

import numpy as np

from tritone.play.engine.exchange import Exchange
from tritone.play.engine.player import Player

PATIENCE_SECONDS = 0.05


class Worker(threading.Thread):
    """Plays step after step as input comes, until it is stopped or `finish` is called and all input is played."""

    def __init__(self, player: Player, exchange: Exchange) -> None:
        super().__init__(name="tritone-worker", daemon=True)
        self._player, self._exchange = player, exchange
        self._ending = self._stopped = False
        self.error: BaseException | None = None
        """What ended the thread, if not its work."""

    def finish(self) -> None:
        """No more input will come: play what is there, the last step filled up with silence, and end."""
        self._ending = True
        self._exchange.arrived.ring()

    def stop(self) -> None:
        """End after the step in hand, and wait for that."""
        self._stopped = True
        self._exchange.arrived.ring()
        if self.is_alive():
            self.join()

    def run(self) -> None:
        """The work of the thread."""
        try:
            self._work()
        except Exception as error:
            self.error = error
        finally:
            self._exchange.closed = True
            self._exchange.made.ring()

    def _work(self) -> None:
        incoming, step = self._exchange.incoming, self._player.step
        while not self._stopped:
            ending = self._ending  # before looking: what was written before the end is then seen
            if incoming.available >= step or (ending and incoming.available):
                self._hand_over(self._next(), last=ending and not incoming.available)
            elif ending:
                return
            else:
                self._exchange.arrived.wait(PATIENCE_SECONDS)

    def _next(self) -> np.ndarray:
        """The next step of output, or silence where it would come too late to be heard."""
        audio = np.zeros((self._player.channels, self._player.step), np.float32)
        self._exchange.incoming.read(audio)
        if self._exchange.hopeless_frames < self._player.step:
            return self._player.process(audio)
        self._exchange.skipped_frames += self._player.step
        return np.zeros_like(audio)

    def _hand_over(self, audio: np.ndarray, last: bool) -> None:
        self._exchange.closed = last
        outgoing = self._exchange.outgoing
        while audio.shape[1] and not self._stopped:
            written = outgoing.write(audio)
            if written:
                self._exchange.made.ring()
            audio = audio[:, written:]
            if audio.shape[1]:
                self._exchange.arrived.wait(PATIENCE_SECONDS)
