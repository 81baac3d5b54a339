"""What makes the lake provable: canonical rows, Merkle trees, seals, and the log of all seals."""
