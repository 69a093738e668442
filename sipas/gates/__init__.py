"""What both gates found: the list of what is open, and Data Docs that a browser opens."""
