"""The lazy Image: opening, policies on what was described, explanations, writing."""
