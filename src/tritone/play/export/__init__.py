"""Models as files for other programs; every file is compared with the model before it gets its name."""
