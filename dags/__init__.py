"""DAGs: one a file; a task is a command of gridseal."""
