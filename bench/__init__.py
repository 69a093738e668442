"""How long, and with how much memory, the warehouse takes for a national round of forms."""
