"""Bad days of one-stop systems, alone and together: afterwards the warehouse holds their state."""
