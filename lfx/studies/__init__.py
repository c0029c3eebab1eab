"""Whole studies: lists of runs that are carried out, and carried on after a kill."""
