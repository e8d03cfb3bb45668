"""One plain function a root field: translate, delegate, wrap. No query, no rule, no `try`."""
