"""What the tables are: one folder a table, and the library that reads them."""
