"""The formats of ``notary.verify`` at the speed of the processor: the same bytes, over Arrow's columns."""
