"""The ops of the project, one a file."""
