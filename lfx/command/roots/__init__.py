"""The settings of each command: one module for each root file."""
