"""What every contract in proto/ keeps to."""

import re

DECLARATION = re.compile(
    r"(?P<kind>service|message|enum|rpc|oneof)\s+(?P<name>\w+)"
    r"|(?:repeated\s+|optional\s+)?(?:map\s*<[^>]*>|[\w.]+)\s+(?P<field>\w+)\s*=\s*\d+"
    r"|(?P<value>[A-Z]\w*)\s*=\s*-?\d+")
RPC = re.compile(r"rpc\s+(\w+)\s*\(\s*(?:stream\s+)?(\w+)\s*\)\s*returns\s*\(\s*(?:stream\s+)?(\w+)\s*\)", re.DOTALL)
# Lines that declare nothing, though some look like it.
STATEMENT = re.compile(r"(syntax|package|import|option|reserved)\b")


def check(name, text):
    """Problems in one file as "file:line: what is wrong"."""
    problems = []
    commented = False
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if line.startswith("//"):
            commented = True
            continue
        declared = None if STATEMENT.match(line) else DECLARATION.match(line)
        if declared and not commented:
            what = declared["name"] or declared["field"] or declared["value"]
            problems.append(f"{name}:{number}: {what} has no comment")
        commented = False
    for rpc in RPC.finditer(text):
        if rpc[2] != rpc[1] + "Request" or rpc[3] != rpc[1] + "Response":
            line = text.count("\n", 0, rpc.start()) + 1
            problems.append(f"{name}:{line}: {rpc[1]} needs a {rpc[1]}Request and a {rpc[1]}Response of its own")
    package = re.search(r"^package\s+([\w.]+);", text, re.MULTILINE)
    wanted = ".".join(name.split("/")[1:-1])
    if not package or package[1] != wanted:
        problems.append(f"{name}:1: the package must be {wanted}, like the folder")
    return problems
