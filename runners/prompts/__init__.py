"""The texts: the data set's own, a file's, templates."""
