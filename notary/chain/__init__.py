"""Checkpoints on an EVM chain."""
