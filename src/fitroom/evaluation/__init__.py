"""From models and labelled photos to records, and from records to a leaderboard; each protocol frozen and hashed."""
