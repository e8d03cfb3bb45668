"""What people see: the pages in a real browser, against the real server with the demo."""
