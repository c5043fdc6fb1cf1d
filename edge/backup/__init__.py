"""Copies of a site: the record, its settings and profiles, and if asked its secrets."""
