"""Writes a compound file ([MS-CFB], version 3): storages and streams in one container, the same bytes for the same tree."""

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Tree: TypeAlias = Mapping[str, "bytes | Tree"]
"""a storage: streams and storages by name"""

SECTOR, MINI, CUTOFF = 512, 64, 4096
FREE, END, FAT, NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
STORAGE, STREAM, ROOT = 1, 2, 5
RED, BLACK = 0, 1
ENTRY = 128
"""bytes of one entry of the directory"""
IN_HEADER = 109
"""sectors of the allocation table that the header can name; beyond that (6.8 MB) nothing of ours grows"""


@dataclass
class _Node:
    """One entry of the directory while it is being laid out."""

    name: str
    kind: int
    data: bytes = b""
    children: list["_Node"] = field(default_factory=list)
    number: int = 0
    colour: int = BLACK
    left: int = NONE
    right: int = NONE
    child: int = NONE
    start: int = END
    size: int = 0

    def packed(self) -> bytes:
        """The entry as it stands in the directory."""
        name = self.name.encode("utf-16-le") + b"\0\0"
        if len(name) > ENTRY // 2:
            raise ValueError(f"{self.name} is too long a name for a compound file: at most 31 characters.")
        start = 0 if self.kind == STORAGE else self.start
        links = struct.pack("<HBBIII", len(name), self.kind, self.colour, self.left, self.right, self.child)
        return name.ljust(ENTRY // 2, b"\0") + links + bytes(36) + struct.pack("<IQ", start, self.size)


class _Sectors:
    """The body of the file and its allocation table, growing together."""

    def __init__(self) -> None:
        self.table: list[int] = []
        self.body = bytearray()

    def put(self, data: bytes) -> int:
        """Appends data as a chain of sectors and says where it starts."""
        count = -(-len(data) // SECTOR)
        if not count:
            return END
        start = len(self.table)
        self.table += _chain(start, count)
        self.body += data.ljust(count * SECTOR, b"\0")
        return start


def written(tree: Tree) -> bytes:
    """The container that holds a tree."""
    root = _Node("Root Entry", ROOT)
    nodes = [root, *_add(root, tree)]
    for number, node in enumerate(nodes):
        node.number = number
    for node in nodes:
        if node.children:
            node.child = _linked(sorted(node.children, key=_order))
    sectors = _Sectors()
    mini_table = _streams(nodes, root, sectors)
    mini_start = sectors.put(mini_table)
    directory = b"".join(node.packed() for node in nodes)
    empty = bytes(ENTRY // 2) + struct.pack("<HBBIII", 0, 0, 0, NONE, NONE, NONE) + bytes(48)
    directory += empty * (-len(nodes) % (SECTOR // ENTRY))
    directory_start = sectors.put(directory)
    return _closed(sectors, directory_start, mini_start, len(mini_table) // SECTOR)


def _add(parent: _Node, tree: Tree) -> Iterable[_Node]:
    for name, what in tree.items():
        node = _Node(name, STREAM, what) if isinstance(what, bytes) else _Node(name, STORAGE)
        parent.children.append(node)
        yield node
        if not isinstance(what, bytes):
            yield from _add(node, what)


def _order(node: _Node) -> tuple[int, bytes]:
    """Entries of a storage stand by length of name, then by capital letters."""
    return len(node.name), node.name.upper().encode("utf-16-be")


def _linked(nodes: list[_Node]) -> int:
    """Links entries as a balanced tree; a last level that is not full is red, so that every way down is equally black."""
    levels: dict[int, list[_Node]] = {}

    def link(part: list[_Node], depth: int) -> int:
        if not part:
            return NONE
        middle = len(part) // 2
        node = part[middle]
        levels.setdefault(depth, []).append(node)
        node.left, node.right = link(part[:middle], depth + 1), link(part[middle + 1 :], depth + 1)
        return node.number

    top = link(nodes, 0)
    deepest = max(levels)
    if len(levels[deepest]) < 2**deepest:
        for node in levels[deepest]:
            node.colour = RED
    return top


def _streams(nodes: list[_Node], root: _Node, sectors: _Sectors) -> bytes:
    """Puts every stream in, small ones together in the root's; returns the table of the small ones."""
    small, table = bytearray(), list[int]()
    for node in nodes:
        node.size = len(node.data)
        if 0 < node.size < CUTOFF:
            count = -(-node.size // MINI)
            node.start = len(table)
            table += _chain(node.start, count)
            small += node.data.ljust(count * MINI, b"\0")
        elif node.size:
            node.start = sectors.put(node.data)
    root.start, root.size = sectors.put(bytes(small)), len(small)
    packed = struct.pack(f"<{len(table)}I", *table)
    return packed + b"\xff" * (-len(packed) % SECTOR)


def _chain(start: int, count: int) -> list[int]:
    return [*range(start + 1, start + count), END]


def _closed(sectors: _Sectors, directory: int, mini: int, mini_count: int) -> bytes:
    """Header, body and the allocation table, which also accounts for itself."""
    count = 1
    while count * (SECTOR // 4) < len(sectors.table) + count:
        count += 1
    if count > IN_HEADER:
        raise ValueError("The VBA project is larger than 6.8 MB; that cannot be right.")
    own = list(range(len(sectors.table), len(sectors.table) + count))
    table = [*sectors.table, *[FAT] * count]
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16)
    header += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<9I", 0, count, directory, 0, CUTOFF, mini, mini_count, END, 0)
    header += struct.pack(f"<{IN_HEADER}I", *own, *[FREE] * (IN_HEADER - count))
    packed = struct.pack(f"<{len(table)}I", *table)
    return header + bytes(sectors.body) + packed.ljust(count * SECTOR, b"\xff")
