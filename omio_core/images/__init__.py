"""Lazy images: opening, policies for what a reader describes, explanations, and writing."""
