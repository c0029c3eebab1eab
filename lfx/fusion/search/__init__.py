"""Search of the members' weights: points of the simplex, their scores, and the exact curve."""
