"""Whole studies: lists of runs that are carried out and resumed after a kill."""
