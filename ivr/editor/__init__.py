"""What operations change: the menus, their proof."""
