"""A folder of anybody's pictures, read strictly."""
