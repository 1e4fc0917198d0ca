"""A tagger: which label a sound has. It serves as a feature network of the user's own domain (arXiv 2006.00751)."""
