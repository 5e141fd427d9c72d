"""The commands: `ls runners` lists them; each is thin and leads to a plain function."""
