"""People: skin, faces, hair and shoes."""
