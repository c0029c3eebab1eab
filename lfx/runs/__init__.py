"""A run's folder: status, checkpoints, resuming, provenance, publishing, finding runs again."""
