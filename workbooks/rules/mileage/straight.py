"""How far a scan was from its address is the great circle between the two points, in whole metres."""

from math import asin, cos, radians, sin, sqrt

EARTH_M = 6_371_000
"""mean radius"""


def metres(lat: float, lon: float, other_lat: float, other_lon: float) -> int:
    """Metres between two points given in degrees."""
    lat1, lon1, lat2, lon2 = map(radians, (lat, lon, other_lat, other_lon))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return round(2 * EARTH_M * asin(sqrt(min(1.0, half))))
