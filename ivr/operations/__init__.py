"""How the hotline does: health, metrics, what a newcomer gets wrong, and where our numbers lead."""
