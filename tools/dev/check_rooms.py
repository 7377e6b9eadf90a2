#!/usr/bin/env python3
"""Checks who includes whom: rooms look downstream only, and every dependency has one home.

usage: check_rooms.py [ROOT]

The arrows are those of docs/flow.md. Exit status 0 when the tree keeps them, else 1 with one line
per include that does not.
"""
# SPDX-License-Identifier: Apache-2.0
import os
import re
import sys

# A file belongs to the room with the longest matching prefix.
ROOMS = {
    "vocabulary": ["runtime/include/mle/" + name + ".h"
                   for name in ("dtype", "export", "options", "result", "status", "tensor", "version")],
    "contract": ["runtime/include/mle/"],
    "format": ["format/"],
    "kernels": ["runtime/kernels/"],
    "runtime": ["runtime/"],
    "compiler": ["compiler/"],
    "golden": ["golden/"],
    "serve": ["serve/"],
    "proving": ["tools/golden/"],
    "tools": ["tools/"],
    "python": ["python/"],
    "examples": ["examples/"],
    "tests": ["tests/"],
}

# Room -> rooms it may include, besides itself.
MAY_INCLUDE = {
    "vocabulary": set(),
    "contract": {"vocabulary"},
    "format": {"vocabulary"},
    "kernels": {"vocabulary", "format"},
    "runtime": {"vocabulary", "contract", "format", "kernels"},
    "compiler": {"vocabulary", "format"},
    "golden": {"vocabulary", "contract", "format"},
    "serve": {"vocabulary", "contract", "format", "golden"},
    "proving": {"vocabulary", "contract", "format", "golden", "compiler", "tools"},
    "tools": {"vocabulary", "contract", "format", "golden", "compiler", "proving", "serve"},
    "python": {"vocabulary", "contract", "format", "golden", "compiler", "proving"},
    "examples": {"vocabulary", "contract"},
    "tests": set(ROOMS) - {"examples", "python"},
}

# Third-party header -> folders that may include it.
HOMES = [
    ("flatbuffers/", ["format/"]),
    ("xxhash.h", ["format/"]),
    ("xsimd/", ["runtime/kernels/"]),
    ("mimalloc", ["runtime/memory/"]),
    ("google/protobuf/", ["compiler/import/", "serve/grpc/"]),
    ("grpcpp/", ["serve/grpc/", "tools/mle-bench/grpc_load", "tools/dev/serve_peers/"]),
    ("grpc/", ["serve/grpc/", "tools/mle-bench/grpc_load"]),
    ("absl/", ["serve/grpc/"]),
    ("simdjson.h", ["serve/http/"]),
    ("openssl/", ["serve/http/"]),
    ("zlib.h", ["tools/cli/", "compiler/import/", "serve/protocol/"]),
    ("bzlib.h", ["compiler/import/"]),
    ("lzma.h", ["compiler/import/"]),
    ("nlohmann/", ["tools/cli/", "compiler/import/"]),
    ("nanobind/", ["python/"]),
    ("doctest/", []),
    ("Eigen/", ["tools/dev/peers/"]),
    ("dnnl.hpp", ["tools/dev/peers/"]),
    ("omp.h", ["tools/dev/peers/"]),
    ("openvino/", ["tools/dev/peers/"]),
    ("onnxruntime", []),
]

# Besides the kernels: the floating-point control word, and measuring what a machine can do at best.
INTRINSICS_HOMES = ("runtime/kernels/", "runtime/float_mode", "tools/mle-bench/peak")
INTRINSICS = re.compile(r"^(\w*mmintrin|immintrin|arm_neon|x86intrin|cpuid)\.h$")
SYSTEM = re.compile(
    r"^((sys|linux|arpa|netinet|bits)/[\w/]+\.h"
    r"|(assert|ctype|errno|fenv|fcntl|float|inttypes|limits|locale|malloc|math|poll|pthread|sched|setjmp"
    r"|signal|spawn|stdalign|stdarg|stdbool|stddef|stdint|stdio|stdlib|string|strings|time|unistd"
    r"|dirent|dlfcn|fnmatch|ftw|getopt|libgen|netdb|semaphore|ucontext|wchar)\.h)$")
STANDARD = re.compile(r"^[a-z_]+$")  # <vector>, <cstdint>
C_STANDARD = {"assert.h", "float.h", "inttypes.h", "math.h", "stddef.h", "stdint.h", "stdio.h",
              "stdlib.h", "string.h"}
# Only mapping, threads and programs know the operating system.
NO_SYSTEM = {"vocabulary", "contract", "format", "kernels", "examples"}

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')
SOURCES = (".h", ".cpp", ".c", ".cc", ".hpp")


def room_of(path):
    best = ("", "")
    for room, prefixes in ROOMS.items():
        for prefix in prefixes:
            if path.startswith(prefix) and len(prefix) > len(best[1]):
                best = (room, prefix)
    return best[0]


def target_of(path, header, quoted):
    """The path from the root that an include means, or None where it is not ours."""
    if header.startswith("mle/"):
        return "runtime/include/" + header
    if not quoted:
        return None
    return header if room_of(header) else "?"


def judge_own(path, room, header, quoted, target):
    if target == "?":
        return "a quoted include starts with a room's folder, or with mle/ inside the contract"
    if header.startswith("mle/") and quoted and room not in ("vocabulary", "contract"):
        return f"the contract is included in angles: <{header}>"
    to = room_of(target)
    if to != room and to not in MAY_INCLUDE[room]:
        return f"{room} may not include {to}"
    if path.startswith("serve/engine/") and header.startswith("serve/") and \
            not header.startswith("serve/engine/"):
        return "the engine knows no front"
    if room in ("vocabulary", "contract") and target.endswith("_generated.h"):
        return "the contract may not include a generated header"
    is_isa_file = room == "kernels" and re.search(r"(/isa_\w+\.cpp|-inl\.h)$", path)
    if is_isa_file and to != "format" and to != "vocabulary" and \
            not re.search(r"(-inl|/choosing|/kernels|/matmul|/plain_unary|/tables)\.h$", header):
        # The named ones hold declarations alone: nothing of theirs is compiled there.
        return "a file compiled for one instruction set includes only *-inl.h, kernels.h and tables.h"
    return None


def judge_foreign(path, room, header):
    for prefix, homes in HOMES:
        if header.startswith(prefix):
            if room == "tests" or any(path.startswith(home) for home in homes):
                return None
            return f"{prefix} has its home in {' and '.join(homes) or 'tests/'}"
    if INTRINSICS.match(header):
        if room == "tests" or path.startswith(INTRINSICS_HOMES):
            return None
        return "intrinsics have their home in runtime/kernels/"
    if STANDARD.match(header):
        return None
    if SYSTEM.match(header):
        if room in NO_SYSTEM and header not in C_STANDARD:
            return f"{room} does not know the operating system"
        return None
    return "unknown third-party header: give it a home in tools/dev/check_rooms.py"


def check(root):
    problems = []
    for folder, folders, files in os.walk(root):
        at = os.path.relpath(folder, root).replace(os.sep, "/")
        if at == ".":
            folders[:] = [f for f in folders if not f.startswith(".") and f != "build"]
        folders.sort()
        for name in sorted(files):
            path = name if at == "." else f"{at}/{name}"
            if not name.endswith(SOURCES):
                continue
            room = room_of(path)
            if not room:
                problems.append(f"{path}: lies in no room")
                continue
            with open(os.path.join(folder, name), encoding="utf-8") as source:
                for number, line in enumerate(source, 1):
                    match = INCLUDE.match(line)
                    if not match:
                        continue
                    header, quoted = match[1] or match[2], match[1] is not None
                    target = target_of(path, header, quoted)
                    problem = (judge_own(path, room, header, quoted, target) if target
                               else judge_foreign(path, room, header))
                    if problem:
                        problems.append(f"{path}:{number}: {header}: {problem}")
    return problems


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "..", "..")
    problems = check(root)
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
