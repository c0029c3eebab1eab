"""Searching all weightings of the members: points of the simplex, their scores, the exact curve."""
