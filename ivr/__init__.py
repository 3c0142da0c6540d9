"""The hotline: flows, calls and their journal, the conversation with the carrier, and the practice carrier."""
