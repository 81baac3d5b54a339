"""A month flows through: the state must not grow, and the month must be what a batch makes of it."""
