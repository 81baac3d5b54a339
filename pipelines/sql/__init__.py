"""SQL over the lake: a warm Spark session, the server that keeps it, and the client that asks it."""
