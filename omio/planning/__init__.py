"""Plans: what is read, merged and written, and why; made before a pixel is read, and executed as they stand."""
