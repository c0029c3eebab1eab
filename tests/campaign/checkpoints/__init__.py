"""Checkpoints from a stranger's mail."""
