"""One paid clip: submit, poll, download, over the journal."""
