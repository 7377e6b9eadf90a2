#!/usr/bin/env python3
"""Checks house rules that need no compiler: sizes, file headers, test names, words of unfinished work.

usage: check_tree.py [ROOT]

Looks at the files git knows (all files where there is no git). Exit status 0 when the tree keeps
the rules, else 1 with one line per file that does not.
"""
# SPDX-License-Identifier: Apache-2.0
import os
import re
import subprocess
import sys

MAX_LINES = 800
MAX_BYTES = 512 * 1024
LICENCE = "SPDX-License-Identifier: Apache-2.0"
CODE = (".h", ".cpp", ".c", ".py", ".sh")
TEXT = CODE + (".md", ".txt", ".cmake", ".fbs", ".proto", ".json", ".in")

# Spelled in halves, so that this file does not find itself.
UNFINISHED = re.compile(r"\b(" + "|".join(a + b for a, b in (
    ("TO", "DO"), ("FIX", "ME"), ("XX", "X"), ("not impl", "emented"), ("unimpl", "emented"))) + r")\b")
SKIPPED = re.compile("|".join(a + b for a, b in (("doctest::", "skip"), ("DISABLED", "_"))))
TEST_CASE = re.compile(r'TEST_CASE\(\s*"([^"]*)"')
THEME_NAME = re.compile(r"^[a-z0-9_ -]+: .+")


def files_of(root):
    try:
        out = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached"],
                             capture_output=True, check=True)
        found = [p for p in out.stdout.decode().split("\0") if p]
        return [p for p in found if os.path.isfile(os.path.join(root, p))]
    except (OSError, subprocess.CalledProcessError):
        found = []
        for folder, _, names in os.walk(root):
            found += [os.path.relpath(os.path.join(folder, n), root) for n in names]
        return found


def check_text(path, text):
    lines = text.splitlines()
    is_code = path.endswith(CODE) or lines[:1] and lines[0].startswith("#!")
    if is_code and len(lines) > MAX_LINES:
        yield f"{path}: {len(lines)} lines, at most {MAX_LINES}"
    if is_code and not any(LICENCE in line for line in lines[:20]):
        yield f"{path}: no line '{LICENCE}' among the first 20"
    for number, line in enumerate(lines, 1):
        if UNFINISHED.search(line) and not path.startswith("docs/decisions/"):
            yield f"{path}:{number}: a word of unfinished work: finish it, or say what is true today"
        if path.startswith("tests/") and SKIPPED.search(line):
            yield f"{path}:{number}: a skipped test"
    if path.startswith("tests/") and path.endswith(".cpp"):
        for name in TEST_CASE.findall(text):
            if ";" in name:
                yield f"{path}: case '{name}': a semicolon splits the name in CTest"
            if not THEME_NAME.match(name):
                yield f"{path}: case '{name}': begin with the theme, 'reader: ...'"


def check(root):
    problems = []
    for path in sorted(files_of(root)):
        full = os.path.join(root, path)
        size = os.path.getsize(full)
        if size > MAX_BYTES:
            problems.append(f"{path}: {size} bytes, at most {MAX_BYTES}")
        with open(full, "rb") as file:
            data = file.read(MAX_BYTES)
        if path.endswith(TEXT) or data[:2] == b"#!":
            problems += check_text(path, data.decode("utf-8", "replace"))
    return problems


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    problems = check(sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "..", ".."))
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
