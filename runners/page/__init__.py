"""The static page over all runs below a folder: leaderboard, models, scenarios playing in step."""
