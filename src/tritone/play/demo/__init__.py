"""The demo: from sound to a page that compares the models that ship with one trained before one's eyes."""
