"""Git LFS: a repository without its large files has a few lines of text in place of each."""

from __future__ import annotations

POINTER = b"version https://git-lfs.github.com/spec/"
WHAT_A_POINTER_IS = "it is a pointer of Git LFS, and not the file: `git lfs pull` fetches that"
