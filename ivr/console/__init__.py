"""The pages of agents and supervisors, and the door to them."""
