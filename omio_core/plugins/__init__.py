"""What plugins describe, how they are found and tried, and which one is chosen."""
