"""Proofs that take long: the full forms of tests, and what they share."""

import pytest

pytest.register_assert_rewrite("tests.faults.checks")
