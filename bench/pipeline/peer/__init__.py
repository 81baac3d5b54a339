"""What somebody would write without gridseal: one job of Spark Structured Streaming, with an upsert a table and batch.

It reads the same topic and the same business database and writes the same layers into tables of Hudi laid out alike:
ODS with its dead letters, DWD, four tables of DWS, five of ADS. What it leaves out, and gridseal does in the time that
is measured:

- History. Dimensions are read as they are now, at each batch; a reading of yesterday gets the tariff of today.
- Repair. A change of the business database changes no row that is written already. DIM and what is made of the
  business database alone (tickets, risk points, change logs) are not written at all.
- One commit. Twelve tables commit one after the other, and a batch that dies in between leaves them apart.
- First come. A duplicate in a later batch replaces the reading; in gridseal the first one counts.
- Strictness. JSON is read as Spark reads it: numbers in quotes, a key twice, text behind the object are accepted.
- The shape of a day (gaps, flat lines, jumps), and with it anomalies; freshness; late arrivals; frozen days.
"""
