"""Yesterday on tomorrow: what real callers did, done again in other menus; `replay.Between` is the door."""
