"""Survey files before they are loaded: what a contractor's headings mean."""
