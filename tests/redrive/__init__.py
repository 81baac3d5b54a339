"""Dead letters sent again: which, and how often."""
