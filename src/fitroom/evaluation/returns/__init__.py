"""What size advice and try-on could do to returns: an estimate with its assumptions, and the test that shows it."""
