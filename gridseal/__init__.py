"""The command line and the settings of gridseal."""

__version__ = "0.1.0"
