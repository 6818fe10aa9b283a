"""The compressor and the compound file, read back by readers that are not ours, on whatever comes."""

import io
import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from addin.build import cfb
from addin.build.compression import CHUNK, compressed
from tests.addin.build.readers import decompressed, olefile

TEXTS = st.one_of(
    st.text(alphabet="ab \n", max_size=3 * CHUNK).map(str.encode),
    st.lists(st.sampled_from([b"End Function\r\n", b"    Dim x As Long\r\n", b"'", b"Attribute "]), max_size=900).map(
        b"".join
    ),
    st.binary(max_size=200),
    st.tuples(st.binary(min_size=1, max_size=40), st.integers(1, 400)).map(lambda pair: pair[0] * pair[1]),
)


def _unpacked(data: bytes) -> bytes:
    """Decompressed as [MS-OVBA] 2.4.1.3 says, token by token: third opinion, and the one that looks at every bound."""
    assert data[:1] == b"\x01"
    out, at = bytearray(), 1
    while at < len(data):
        [head] = struct.unpack_from("<H", data, at)
        end, start = at + (head & 0x0FFF) + 3, len(out)
        assert (head >> 12) & 7 == 3 and end <= len(data)
        at += 2
        if not head & 0x8000:
            out += data[at:end]
            at = end
            continue
        while at < end:
            flags, at = data[at], at + 1
            for bit in range(8):
                if at >= end:
                    break
                if not flags >> bit & 1:
                    out.append(data[at])
                    at += 1
                    continue
                [token] = struct.unpack_from("<H", data, at)
                at += 2
                bits = next(n for n in range(4, 13) if 1 << n >= len(out) - start)
                back, length = (token >> (16 - bits)) + 1, (token & (0xFFFF >> bits)) + 3
                assert back <= len(out) - start, "a copy from before its chunk"
                for _ in range(length):
                    out.append(out[-back])
        assert len(out) - start <= CHUNK
    return bytes(out)


@given(TEXTS)
@example(b"")
@example(b"a" * (CHUNK + 1))
@example(bytes(range(256)) * 16)
def test_what_was_compressed_comes_back_from_three_readers(data):
    packed = compressed(data)
    assert _unpacked(packed) == data
    if data:  # the others refuse a container without chunks, which no module has
        assert decompressed(packed) == data
        assert pyopenvba_decompressed(packed) == data


def pyopenvba_decompressed(packed: bytes) -> bytes:
    from pyopenvba import vba

    return bytes(vba.decompress(packed))


NAMES = st.text(alphabet="ABCabcxyz019_", min_size=1, max_size=31)
TREES = st.dictionaries(
    NAMES,
    st.one_of(st.binary(max_size=9000), st.dictionaries(NAMES, st.binary(max_size=5000), max_size=12)),
    min_size=1,
    max_size=9,
).filter(
    lambda tree: all(
        len({n.upper() for n in each}) == len(each)
        for each in [tree, *(t for t in tree.values() if isinstance(t, dict))]
    )
)


@given(TREES)
def test_every_stream_of_a_tree_is_found_in_the_file(tree):
    file = olefile.OleFileIO(io.BytesIO(cfb.written(tree)))
    assert not file.parsing_issues
    want = {}
    for name, what in tree.items():
        want |= {(name, inner): data for inner, data in what.items()} if isinstance(what, dict) else {(name,): what}
    assert {tuple(path): file.openstream(path).read() for path in file.listdir()} == want


def test_siblings_are_found_the_way_windows_searches_them():
    """By walking the tree of names, longer names to the right: a tree in another order opens and then misses streams."""
    names = [f"Module{number}" for number in range(37)] + ["dir", "_VBA_PROJECT", "a", "B"]
    file = olefile.OleFileIO(io.BytesIO(cfb.written(dict.fromkeys(names, b"x"))))
    entries = file.direntries
    for name in names:
        at, steps = entries[0].sid_child, 0
        while entries[at].name != name:
            bigger = (len(name), name.upper()) > (len(entries[at].name), entries[at].name.upper())
            at = entries[at].sid_right if bigger else entries[at].sid_left
            steps += 1
            assert at != cfb.NONE, f"{name} is not found"
        assert steps <= 6


def test_a_name_too_long_for_a_compound_file_is_said():
    with pytest.raises(ValueError, match="at most 31 characters"):
        cfb.written({"x" * 32: b""})


def test_an_absurdly_large_project_is_refused():
    with pytest.raises(ValueError, match=r"larger than 6\.8 MB"):
        cfb.written({"x": bytes(8_000_000)})
