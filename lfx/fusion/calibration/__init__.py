"""Calibration of the members' probabilities before they are combined."""
