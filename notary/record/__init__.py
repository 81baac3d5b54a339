"""What the notary remembers: the log of seals, its checkpoints, and what became of them on the chain."""
