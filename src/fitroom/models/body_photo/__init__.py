"""What a photo of somebody, whose height is known, says of the body: readings, and how far they are to be believed."""
