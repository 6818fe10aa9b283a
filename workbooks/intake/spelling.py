"""When two headers are the same header: letters and digits count, everything else is taste."""

from functools import lru_cache

from workbooks.cells import clean


@lru_cache(maxsize=8192)
def spelled(text: str) -> str:
    """A header or word reduced to what matters: case, blanks, underscores and punctuation do not; # means no.

    Text of signs alone stays as it is, so that it never equals an empty one.
    """
    plain = clean(text).casefold().replace("#", "no")
    return "".join(char for char in plain if char.isalnum()) or plain
