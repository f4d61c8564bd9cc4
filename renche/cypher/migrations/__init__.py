"""Numbered changes of the graph's constraints and indexes."""
