"""Priors: what comes next in the latents of a model that encodes and decodes."""
