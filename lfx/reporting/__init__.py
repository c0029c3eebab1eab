"""Report metrics: to loggers, as tables, as files and as pictures."""
