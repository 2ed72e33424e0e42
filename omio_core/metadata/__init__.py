"""Facts with a unit and an origin, the frozen model and its public dict; it knows no format."""
