"""Places and days from kept packages: what a ZIP code says (public US data), which ZIP codes a city has, its holidays."""

from collections.abc import Iterable, Mapping
from datetime import date
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


def zip3s(city: str, state: str) -> list[str]:
    """The first three digits of every ZIP code of a city, in order."""
    import zipcodes

    found: list[dict[str, str]] = zipcodes.filter_by(city=city, state=state)  # type: ignore[no-untyped-call]
    return sorted({row["zip_code"][:3] for row in found})


def holidays_of(state: str, years: Iterable[int]) -> tuple[dict[date, str], dict[date, str]]:
    """(federal holidays, further ones of a US state) of those years: day -> name. An unknown state has none of its own."""
    import holidays

    wanted = list(years)
    federal: dict[date, str] = dict(holidays.country_holidays("US", years=wanted))
    try:
        own: dict[date, str] = dict(holidays.country_holidays("US", subdiv=state or None, years=wanted))
    except NotImplementedError:  # a state the package does not know
        own = {}
    return federal, {day: name for day, name in own.items() if day not in federal}
