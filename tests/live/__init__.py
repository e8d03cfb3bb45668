"""What clients are told as it happens: over both transports, from one process and from many."""
