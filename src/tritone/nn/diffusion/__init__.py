"""Diffusion: noise levels, samplers and the networks that estimate a clean signal. Knows no family."""
