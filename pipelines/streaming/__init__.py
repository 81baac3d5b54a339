"""The streaming job: compiled from the warehouse, submitted to Flink."""
