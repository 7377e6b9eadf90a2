"""Holds the library's reader against the second one, over mutants that write_mutants makes.

    compare.py WRITE_MUTANTS COUNT

SPDX-License-Identifier: Apache-2.0
"""
import collections
import struct
import subprocess
import sys

from second_reader import read_regions

# What the second reader knows; files that pass it may still break a later rule.
REGION_RULES = set(range(1, 19))


def main():
    program, count = sys.argv[1], int(sys.argv[2])
    writer = subprocess.Popen([program, str(count)], stdout=subprocess.PIPE)
    seen, differ = collections.Counter(), 0
    with writer.stdout as stream:
        while head := stream.read(8):
            rule, size = struct.unpack("<II", head)
            ours = rule if rule in REGION_RULES else 0
            second = read_regions(stream.read(size))
            seen[second] += 1
            if ours != second:
                differ += 1
                if differ <= 20:
                    print(f"mutant {sum(seen.values()) - 1}: the library says V{rule:02}, "
                          f"the second reader V{second:02}")
    if writer.wait() != 0 or sum(seen.values()) != count:
        sys.exit(f"FAILED: {program} wrote {sum(seen.values())} of {count} mutants")
    print(" ".join(f"V{rule:02}:{n}" if rule else f"passed:{n}" for rule, n in sorted(seen.items())))
    missing = REGION_RULES - set(seen) - {18}  # a program beyond 16 MiB is no small mutant
    if missing:
        sys.exit(f"FAILED: no mutant broke {sorted(missing)}")
    if differ:
        sys.exit(f"FAILED: the readers differ on {differ} mutants")
    print(f"both readers agree on {count} mutants")


if __name__ == "__main__":
    main()
