"""From a command line to a running stage, and from whatever ends it to an exit status."""
