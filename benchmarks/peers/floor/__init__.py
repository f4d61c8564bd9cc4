"""The floor: for each document one statement written by hand, whose only value is the answer; nothing else happens."""
