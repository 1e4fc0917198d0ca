"""Vocoders: from mel spectrograms to sound (Vocos, arXiv 2306.00814; MelGAN, arXiv 1910.06711)."""
