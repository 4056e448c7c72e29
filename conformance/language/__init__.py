"""A case is read, checked and translated to JavaScript."""
