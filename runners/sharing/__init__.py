"""Results for elsewhere: experiment trackers, and a folder that can be shared on Hugging Face."""
