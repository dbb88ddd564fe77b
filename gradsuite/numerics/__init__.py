"""Verdicts without tolerances: unit roundoff, natural error, differences with bars, blame, diagnosis."""
