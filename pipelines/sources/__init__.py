"""Where data comes from: simulated meters and a living business database."""
