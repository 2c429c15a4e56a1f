"""The tracked files of a checkout, and what their #include lines name."""

import pathlib
import re
import subprocess

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)
CODE = (".h", ".cc")
NOT_OURS = {"build", "node_modules", ".git"}


def tracked(root):
    """Paths relative to the root: what git tracks or would track, or, without git, what lies there."""
    listing = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True, check=False)
    if listing.returncode == 0:
        names = [name for name in listing.stdout.decode().split("\0") if name]
    else:
        names = [path.relative_to(root).as_posix() for path in pathlib.Path(root).rglob("*")
                 if not NOT_OURS & set(path.relative_to(root).parts)]
    return sorted(name for name in set(names) if (root / name).is_file())


def text_of(path):
    """The text of a file, or None if it is none."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


class Tree:
    """The C++ files and their includes, each as (line, name, quoted)."""

    def __init__(self, root, names=None):
        self.root = pathlib.Path(root)
        self.names = tracked(self.root) if names is None else names
        self.code = {name: self._includes(name) for name in self.names if name.endswith(CODE)}

    def _includes(self, name):
        text = text_of(self.root / name) or ""
        return [(text.count("\n", 0, match.start()) + 1, match[2], match[1] == '"')
                for match in INCLUDE.finditer(text)]
