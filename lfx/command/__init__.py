"""Running a command: from its command line to its job, and from the job's end to an exit status."""
