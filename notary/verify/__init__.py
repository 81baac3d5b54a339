"""The specification of gridseal's proofs, in plain Python on the blake3 package alone.

What is faster elsewhere in ``notary/`` must give the same bytes; this is what it is compared with, and what a third
party reads to write a verifier of its own. All integers are little-endian, all texts UTF-8.
"""
