"""Converters of files of other projects."""
