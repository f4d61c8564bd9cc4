"""What the graph holds, and the only code that talks to its database."""
