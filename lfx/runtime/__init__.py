"""What every room stands on, and what knows nothing of the domain: errors, files, devices."""
