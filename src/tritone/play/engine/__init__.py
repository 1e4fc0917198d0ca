"""A streaming model at work: rings, a worker, controls, and what drives them (files, the clock, a sound card)."""
