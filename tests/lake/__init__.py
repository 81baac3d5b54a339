"""End to end on the real services; a package, so that its lake ends with its last test."""
