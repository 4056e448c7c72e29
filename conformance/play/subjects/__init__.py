"""Subjects: the implementations a role can run on; ``base`` says what one is, each file is one or a part."""
