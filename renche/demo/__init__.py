"""The data that `renche demo` starts with."""
