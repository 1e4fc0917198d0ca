"""Which sounds are held out for validation."""

import hashlib
from collections.abc import Sequence


def held_out(
    contents: Sequence[str], groups: Sequence[int], seconds: Sequence[float], share: float, seed: int
) -> set[int]:
    """Indices of the sounds to hold out: whole groups, about `share` of all seconds, at least one group of two or more.

    Groups come in an order that follows from `seed` and from the content of their sounds alone (not from names or
    the order of files); one that would overshoot the share by more than half is passed over. Empty where there is only
    one group.
    """
    members: dict[int, list[int]] = {}
    for index, group in enumerate(groups):
        members.setdefault(group, []).append(index)
    if share <= 0 or len(members) < 2:
        return set()
    length = {group: sum(seconds[index] for index in indices) for group, indices in members.items()}
    order = sorted(members, key=lambda group: _key(min(contents[index] for index in members[group]), seed))
    wanted, taken, chosen = share * sum(seconds), 0.0, []
    for group in order:
        if taken + length[group] <= 1.5 * wanted:
            chosen.append(group)
            taken += length[group]
        if taken >= wanted:
            break
    if not chosen:
        chosen = [min(order, key=lambda group: length[group])]
    return {index for group in chosen for index in members[group]}


def _key(content: str, seed: int) -> bytes:
    return hashlib.blake2b(f"{seed}:{content}".encode(), digest_size=16).digest()
