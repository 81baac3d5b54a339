"""What the running services say of themselves, in figures."""
