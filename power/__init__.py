"""Measuring tools: how much gradsuite sees, and whom it accuses. Each is a command, ``python -m power.<name>``."""
