"""How data moves: sources, the streaming job, bounded runs, SQL, reconciliation."""
