"""Pure algebra of axes, layouts and boxes; it knows no file and no picture."""
