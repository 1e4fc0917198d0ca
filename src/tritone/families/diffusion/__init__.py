"""Diffusion of waveforms, spectra and latents."""
