"""ZIP codes: city, state and time zone, from a kept package (public US data)."""

from collections.abc import Mapping
from functools import lru_cache


@lru_cache(maxsize=16_384)
def place(zip5: str) -> Mapping[str, str] | None:
    """{"city", "state", "timezone"} of a ZIP code, or None when there is none such."""
    import zipcodes

    if len(zip5) != 5 or not zip5.isdigit():
        return None
    found: list[dict[str, str]] = zipcodes.matching(zip5)  # type: ignore[no-untyped-call]
    if not found:
        return None
    return {"city": found[0]["city"], "state": found[0]["state"], "timezone": found[0]["timezone"]}
