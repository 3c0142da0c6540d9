"""What calls came to: found one by one, and counted."""
