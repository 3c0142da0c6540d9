"""Proof that a flow traps no caller, made before it is published."""
