"""The leaderboard as files: a static site, Markdown and CSV."""
