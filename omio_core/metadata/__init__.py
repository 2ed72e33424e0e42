"""Facts with unit and origin, the frozen metadata model, and its public dict; it knows no format."""
