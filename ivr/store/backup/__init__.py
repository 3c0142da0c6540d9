"""Backups: the whole database as it was at one moment, sealed, summed, and put back into an empty one."""
