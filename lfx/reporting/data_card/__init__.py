"""Data cards: what a data set holds, by split, and what to know before training on it."""
