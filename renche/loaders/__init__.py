"""Many keys in, answers in the same order out: one database call for each traversal and level."""
