"""Loops from a style-based generator of mel spectrograms and a projected discriminator (arXiv 2209.01751)."""
