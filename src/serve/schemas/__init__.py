"""What is asked with and what is answered, as types."""
