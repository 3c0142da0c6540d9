"""What is different between two states of the menus, in words for operations."""

from ivr.editor.differences.all import differences
from ivr.editor.differences.side import Difference

__all__ = ["Difference", "differences"]
