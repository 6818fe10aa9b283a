"""The application: command line, jobs, settings, handbook."""
