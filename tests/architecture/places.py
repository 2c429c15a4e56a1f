"""No tracked file names a place that exists on one machine only."""

import re

# Written so that this file does not find itself.
PRIVATE = re.compile(
    r"(?<![\w.~}*-])/(?:home|Users)/[A-Za-z][\w.-]*/"  # somebody's home
    r"|(?<![\w.~}*/-])/(?:work|workspace)/\w"           # a workplace
    r"|(?<![\w.~}*/-])/root/\w"
    r"|\.\./shared/"
    r"|[A-Z]:\\Users\\")


def check(name, text):
    """Problems in one file as "file:line: what is wrong"."""
    return [f"{name}:{number}: names a place on one machine: {match[0]}"
            for number, line in enumerate(text.splitlines(), 1) if (match := PRIVATE.search(line))]
