"""Small pictures of clips, made once for each content: previews to scrub through, thumbnails, motion masks."""
