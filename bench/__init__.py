"""How fast gridseal is: beside what others do with the same bytes, on the same machine, in the same run."""
