"""A whole amount is shared out by largest remainder: the shares add up exactly, equal remainders go by key."""

from collections.abc import Mapping


def shares(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    """`total` (cents) shared in proportion to `weights`, which may be negative as long as they do not cancel out.

    Each share is first rounded down; the cents that are left go to the largest remainders, the smaller key first.
    Weights that add up to nothing share equally.
    """
    whole = sum(weights.values())
    if not whole:
        weights, whole = dict.fromkeys(weights, 1), len(weights)
    sign, total = (-1, -total) if total < 0 else (1, total)
    found: dict[str, int] = {}
    rests: list[tuple[int, str]] = []
    turn = 1 if whole > 0 else -1
    for key, weight in weights.items():
        found[key], rest = divmod(total * weight * turn, whole * turn)
        rests.append((-rest, key))
    left = total - sum(found.values())
    for _, key in sorted(rests)[:left]:
        found[key] += 1
    return {key: sign * share for key, share in found.items()}


def by_group(total: int, weights: Mapping[str, int], group: Mapping[str, str]) -> dict[str, int]:
    """Shared between the groups first (such as fuel weeks) and then within each."""
    members: dict[str, dict[str, int]] = {}
    for key, weight in weights.items():
        members.setdefault(group[key], {})[key] = weight
    between = shares(total, {name: sum(inside.values()) for name, inside in members.items()})
    return {key: share for name, inside in members.items() for key, share in shares(between[name], inside).items()}
