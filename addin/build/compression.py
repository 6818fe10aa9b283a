"""The compression of VBA streams ([MS-OVBA] 2.4.1): chunks of 4096 bytes, each literal bytes and copies of earlier ones."""

import struct

CHUNK = 4096
SHORTEST = 3
"""bytes below which a copy would be no shorter than what it stands for"""


def compressed(data: bytes) -> bytes:
    """The container of a stream."""
    out = bytearray(b"\x01")
    for start in range(0, len(data), CHUNK):
        chunk = data[start : start + CHUNK]
        body = _tokens(chunk)
        if len(body) > CHUNK or (len(chunk) == CHUNK and len(body) == CHUNK):
            out += struct.pack("<H", 0x3000 | (CHUNK - 1)) + chunk.ljust(CHUNK, b"\0")
        else:
            out += struct.pack("<H", 0xB000 | (len(body) - 1)) + body
    return bytes(out)


def _tokens(chunk: bytes) -> bytes:
    """Groups of eight tokens, each group under a byte that says which of them are copies."""
    body, places, at = bytearray(), dict[bytes, list[int]](), 0
    while at < len(chunk):
        flags_at, flags = len(body), 0
        body.append(0)
        for bit in range(8):
            if at >= len(chunk):
                break
            step, token = 1, chunk[at : at + 1]
            bits = max(4, (at - 1).bit_length()) if at else 4
            length, back = _longest(chunk, at, bits, places.get(chunk[at : at + SHORTEST], []))
            if length:
                step, token = length, struct.pack("<H", (back - 1) << (16 - bits) | (length - SHORTEST))
                flags |= 1 << bit
            body += token
            for place in range(at, at + step):
                places.setdefault(chunk[place : place + SHORTEST], []).append(place)
            at += step
        body[flags_at] = flags
    return bytes(body)


def _longest(chunk: bytes, at: int, bits: int, places: list[int]) -> tuple[int, int]:
    """Length of the longest earlier run that says what follows, and how far back it lies; (0, 0) where there is none.

    `bits` of a copy say how far back, enough for the whole chunk so far; the others say how long.
    """
    longest = min((0xFFFF >> bits) + SHORTEST, len(chunk) - at)
    best, back = 0, 0
    for place in reversed(places):
        if best == longest:
            break
        length = 0
        while length < longest and chunk[place + length] == chunk[at + length]:
            length += 1
        if length > best:
            best, back = length, at - place
    return (best, back) if best >= SHORTEST else (0, 0)
