"""Rows of the lake, read without the engines that wrote them: a partition as it was at one instant, in key order."""
