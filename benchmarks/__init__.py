"""What renche takes, measured; run with `python -m benchmarks` or `scripts/bench`."""
