"""The commands of `civicline`, one module each: `configure(parser)` and `run(args, settings) -> int`."""
