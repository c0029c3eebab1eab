"""From metrics to loggers, tables and files."""
