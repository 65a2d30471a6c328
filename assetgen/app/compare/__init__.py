"""What differs between builds, revisions and takes, and what an edit would do; changes nothing."""
