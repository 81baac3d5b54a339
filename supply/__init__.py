"""What gridseal is made of: the inventory of it, what is known against it, and that it holds no secret."""
