"""From folders and tables to samples with ids, groups and splits, and from samples to batches."""
