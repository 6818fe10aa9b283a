"""The worksheet functions, `SB_…`: a range in, a range out, the product's own rules in between.

They are pure: no clock is read, nothing is written, and what they need stands in their arguments.
"""

from addin.functions import money, stops, whole

__all__ = ["money", "stops", "whole"]
