"""One run on this machine: command line, session, console, progress, lock, errors."""
