"""Rendering: what a picture looks like on a screen; the window of contrast, the colours, and previews; no viewer."""
