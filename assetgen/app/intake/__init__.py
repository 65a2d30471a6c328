"""Takes in pictures and tables that are there already; buys nothing."""
