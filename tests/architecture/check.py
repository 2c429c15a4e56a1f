#!/usr/bin/env python3
"""Checks a checkout against its own rules: check.py <root>. Exits with 1 and a line for each fault."""

import pathlib
import sys

import contracts
import includes
import places
from sources import Tree, text_of


def problems_of(root):
    tree = Tree(root)
    problems = includes.check(tree) + includes.check_links(tree, text_of)
    for name in tree.names:
        text = text_of(tree.root / name)
        if text is None:
            continue
        if name.startswith("proto/") and name.endswith(".proto"):
            problems += contracts.check(name, text)
        problems += places.check(name, text)
    if not tree.code:
        problems.append("no C++ file was found: the check looks in the wrong place")
    return problems


def main():
    problems = problems_of(pathlib.Path(sys.argv[1]).resolve())
    print("\n".join(problems) or "includes, links, contracts and places are in order")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
