"""Bounded runs: tables that are written once and not streamed."""
