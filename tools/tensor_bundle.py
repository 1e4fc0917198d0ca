"""Reads a TensorFlow checkpoint (tensor bundle: an index in LevelDB's table form, one file of data) with NumPy."""

import struct
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

FOOTER = 48
MAGIC = 0xDB4775248B80FB57
TYPES = {1: np.dtype("<f4"), 3: np.dtype("<i4"), 9: np.dtype("<i8")}
"""TensorFlow's numbers of the types that these checkpoints hold."""


def read_bundle(index: bytes, data: bytes) -> dict[str, NDArray]:
    """Every tensor of an uncompressed bundle in one part, by its name. Raises ValueError where it is anything else."""
    if struct.unpack("<Q", index[-8:])[0] != MAGIC:
        raise ValueError("not a tensor bundle's index")
    at = _skip_handle(index, len(index) - FOOTER)
    found = {}
    for _, handle in _entries(_block(index, *_handle(index, at))):
        for key, value in _entries(_block(index, *_handle(handle, 0))):
            if key:
                found[key.decode()] = _tensor(value, data)
    return found


def _tensor(entry: bytes, data: bytes) -> NDArray:
    """The tensor that a BundleEntryProto describes."""
    fields = dict(_fields(entry))
    shape = [dict(_fields(size)).get(1, 0) for number, size in _fields(fields.get(2, b"")) if number == 2]
    start, size = fields.get(4, 0), fields.get(5, 0)
    if fields.get(3, 0) or fields[1] not in TYPES:
        raise ValueError(f"a bundle of one file of plain numbers was expected, not type {fields[1]}")
    return np.frombuffer(data[start : start + size], TYPES[fields[1]]).reshape(shape)


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """(field number, value) of a protocol buffer message."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        if tag & 7 == 0:
            value, at = _varint(message, at)
            yield tag >> 3, value
        elif tag & 7 == 2:
            size, at = _varint(message, at)
            yield tag >> 3, message[at : at + size]
            at += size
        else:
            at += 8 if tag & 7 == 1 else 4


def _block(index: bytes, start: int, size: int) -> bytes:
    if index[start + size]:
        raise ValueError("the index is compressed")
    return index[start : start + size]


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(key, value) of a table block: keys share a beginning with the key before; restart points at the end."""
    end = len(block) - 4 - 4 * struct.unpack("<I", block[-4:])[0]
    at, key = 0, b""
    while at < end:
        shared, at = _varint(block, at)
        rest, at = _varint(block, at)
        size, at = _varint(block, at)
        key = key[:shared] + block[at : at + rest]
        yield key, block[at + rest : at + rest + size]
        at += rest + size


def _handle(data: bytes, at: int) -> tuple[int, int]:
    start, at = _varint(data, at)
    return start, _varint(data, at)[0]


def _skip_handle(data: bytes, at: int) -> int:
    return _varint(data, _varint(data, at)[1])[1]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
