"""A cluster of containers, from nothing to a proof, and each of its hosts dead for a while."""
