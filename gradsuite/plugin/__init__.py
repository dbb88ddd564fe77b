"""The parts of the pytest plugin that a run needs only once gradsuite is used; ``gradsuite.pytest_plugin`` is its door.

At the start of every run it imports ``settings``, ``hookspecs``, ``outcome`` and ``parameter`` alone, at no cost.
"""
