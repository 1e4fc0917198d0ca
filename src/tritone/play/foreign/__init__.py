"""Models that other programs trained, made into run folders. None of their code runs.

- `checkpoint`: acids-rave's `.ckpt`, by a loader that knows tensors and plain values only;
- `scripted`: an exported `.ts`, whose archive is read without its code;
- `gin`: config.gin as text;
- `shapes`, `config`: which architecture the tensors and the text describe;
- `names`, `discriminator`: their names of tensors and ours;
- `run`: the run folder.
"""
