"""Checks that cost too much, or need too much, to run unless they are asked for by name."""
