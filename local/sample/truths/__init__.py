"""Data whose truth is known: what each channel really brought, and everything that hides it.

The sample markets are for people to look at. These sets are for measuring a model: their families differ in what makes
the truth hard to see, and a seed gives a set of a family.
"""

from local.sample.truths.family import FAMILIES, Family
from local.sample.truths.generate import generate
from local.sample.truths.truth import Truth

__all__ = ["FAMILIES", "Family", "Truth", "generate"]
