"""The desk: who waits, who answers, and what the waiting are told."""
