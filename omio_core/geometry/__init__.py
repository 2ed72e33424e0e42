"""Pure algebra: axis strings and layouts, regions and what of them exists; it knows no file and no picture."""
