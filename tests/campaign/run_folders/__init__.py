"""Old runs that a report meets."""
