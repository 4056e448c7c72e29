"""Subjects: the implementations a role can run on. ``base`` says what one is; each file here is one or a part of one."""
