"""The families of functions, one a module: a new family is a new module, found by itself."""
