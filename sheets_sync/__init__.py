"""Keeps every copy of a table in step: merge, plan, write, verify."""
