"""One module a report, each with a REPORT."""
