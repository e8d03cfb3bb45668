"""What clients and their tools make of the API: the examples, run as their readers would."""
