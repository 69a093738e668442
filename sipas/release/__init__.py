"""Release: a frozen, hashed candidate is approved and published; nothing of it ever changes."""
