"""Decisions of a person about pictures, and what they mean; buys only what a reroll asks for."""
