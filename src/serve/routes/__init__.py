"""What the server is asked, path by path."""
