"""Recordings on disk and in the database: format, keys, ends, export. What is recorded when: core/consent.py."""
