"""What the files that OMIO wrote state of how they were made: read from their records, and put into words."""
