"""Safe parsing of untrusted text: XML to a tree, YAML to values; it knows no schema."""
