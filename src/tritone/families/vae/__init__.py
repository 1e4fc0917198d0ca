"""RAVE: a real-time variational autoencoder for sound (arXiv 2111.05011)."""
