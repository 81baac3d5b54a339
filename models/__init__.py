"""What gridseal learns: models of the grid's data, each in a package of its own; they run in ``.venv-models``."""
