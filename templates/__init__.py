"""Jinja2 sources of everything that is written in prose for a person."""
