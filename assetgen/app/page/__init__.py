"""The document of a page, and the pictures on it; draws no page."""
