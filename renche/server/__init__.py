"""Every door to the outside: HTTP, the command line, settings."""
