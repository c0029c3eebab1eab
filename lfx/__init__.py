"""lfx: late fusion experiments.

One model per modality, saved predictions, and the study of how to combine them. The package is
imported by every command line, so nothing heavy is imported here.
"""

__version__ = "0.1.0"
