"""Models of purchase feedback judged on users or items they have not met."""
