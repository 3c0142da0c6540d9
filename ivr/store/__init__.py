"""What is kept: tables, the journal of every call, the menus' versions."""
