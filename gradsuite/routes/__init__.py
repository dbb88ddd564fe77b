"""The routes to a derivative: reverse, forward mode, differences, formula, reference."""
