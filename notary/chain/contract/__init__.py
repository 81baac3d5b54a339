"""The contract that checkpoints are written down in: its source, what it compiles to, and what it costs."""
