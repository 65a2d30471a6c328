"""Proof by mass killing: builds are killed at random, and nothing may be bought twice."""
