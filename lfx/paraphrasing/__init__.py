"""Augmenting training texts before training: translation, noise, cache."""
