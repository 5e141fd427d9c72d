"""A submission to the Physics-IQ Verified leaderboard: card, texts and clips, checked against its rules."""
