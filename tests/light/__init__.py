"""A light telephone company for thousands of calls at once, on one thread: what the heavy proofs drive servers with."""
