"""Whether every message is accounted for: from Kafka's offsets and the business database to ADS."""
