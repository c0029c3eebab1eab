"""Reading folders and tables into samples with ids, groups and splits."""
