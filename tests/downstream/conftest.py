"""The project below is run, not collected."""

collect_ignore = ["project"]  # a project of its own, which test_downstream.py runs
