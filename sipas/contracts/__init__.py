"""What one record of each kind must look like, and how a vendor's names and codes map to it."""
