"""What every room stands on and that knows nothing of the domain: errors, files, devices, stages."""
