"""Builds again whenever something changes; knows no terminal."""
