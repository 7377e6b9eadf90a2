#!/usr/bin/env python3
"""Holds format/mle.fbs against every released schema: files written then must mean the same now.

    check_schema.py [ROOT]

flatc --conform finds reordered and retyped fields; it misses a field deleted at the end of a table, a
grown struct, `required` dropped or added, and a new field that is required. Here all of it is compared,
from the text of the schemas. Where flatc is installed, it is asked too.

SPDX-License-Identifier: Apache-2.0
"""
import pathlib
import re
import shutil
import subprocess
import sys

TOKEN = re.compile(r'"[^"]*"|[A-Za-z_][\w.]*|-?\d+|[{}()\[\]:;,=]')


def tokens_of(text):
    return TOKEN.findall(re.sub(r"//[^\n]*", "", text))


def split(tokens, separator):
    part = []
    for token in tokens:
        if token == separator:
            yield part
            part = []
        else:
            part.append(token)
    if part:
        yield part


def parse(text):
    """{name: (kind, head, [member, ...])}; a member is (name, "type and default and attributes")."""
    tokens, found, at = tokens_of(text), {}, 0
    while at < len(tokens):
        kind = tokens[at]
        if kind in ("table", "struct", "enum"):
            open_at = tokens.index("{", at)
            close_at = tokens.index("}", open_at)
            name, head = tokens[at + 1], " ".join(tokens[at + 2:open_at])
            body = tokens[open_at + 1:close_at]
            parts = split(body, "," if kind == "enum" else ";")
            found[name] = (kind, head, [(part[0], " ".join(part[1:])) for part in parts if part])
            at = close_at + 1
        else:
            end = tokens.index(";", at)
            found[" ".join(tokens[at:end])] = ("statement", "", [])
            at = end + 1
    return found


def compare(old, new):
    """Sentences, one for each promise that `new` breaks."""
    for name, (kind, head, members) in old.items():
        if name not in new:
            yield f"{kind} {name} is gone"
            continue
        new_kind, new_head, new_members = new[name]
        if (kind, head) != (new_kind, new_head):
            yield f"{kind} {name} has become another type"
            continue
        if kind == "struct" and members != new_members:
            yield f"struct {name} has changed; structs never do"
            continue
        for i, member in enumerate(members):
            if i >= len(new_members):
                yield f"{kind} {name}: {member[0]} is gone"
            elif member != new_members[i]:
                yield (f"{kind} {name}: {member[0]} {member[1]} has become "
                       f"{new_members[i][0]} {new_members[i][1]}")
        for added, what in new_members[len(members):]:
            if "required" in what.split():
                yield f"{kind} {name}: the new field {added} is required, older files lack it"


def conform(released, schema):
    flatc = shutil.which("flatc")
    if flatc is None:
        return []
    done = subprocess.run([flatc, "--conform", str(released), str(schema)], capture_output=True, text=True)
    return [] if done.returncode == 0 else [f"flatc: {(done.stdout + done.stderr).strip()}"]


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    schema = root / "format" / "mle.fbs"
    releases = sorted((root / "format" / "released").glob("*.fbs"))
    if not releases:
        sys.exit("format/released holds no schema to compare with")
    broken = 0
    for released in releases:
        for sentence in [*compare(parse(released.read_text()), parse(schema.read_text())),
                         *conform(released, schema)]:
            print(f"{schema} against {released.name}: {sentence}")
            broken += 1
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
