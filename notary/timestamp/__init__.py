"""The second clock: a time-stamp authority (RFC 3161) that stamps checkpoints."""
