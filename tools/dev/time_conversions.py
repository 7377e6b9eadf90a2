#!/usr/bin/env python3
"""Times mle-convert over a corpus of models: processor seconds, the median of three runs of each file.

usage: time_conversions.py CORPUS BIN [FAMILY...]

Prints how they are spread and the slowest. Files that are refused are not timed. Exit status 0 where
no median is above 0.3 s, else 1; 2 for misuse.
"""
# SPDX-License-Identifier: Apache-2.0
import fnmatch
import glob
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile

MOST = 0.3


def seconds(command):
    """Of the processor, user and system; None where the command fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return None if done.returncode else after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    root, binaries = sys.argv[1:3]
    families = sys.argv[3:] or ["*"]
    times = {}
    with tempfile.TemporaryDirectory() as scratch:
        for path in sorted(glob.glob(os.path.join(root, "*", "*", "meta.json"))):
            with open(path, encoding="utf-8") as file:
                meta = json.load(file)
            if meta["kind"] != "model" or not any(fnmatch.fnmatch(meta["id"].split("/")[0], f) for f in families):
                continue
            for artefact in meta["artefacts"]:
                folder = os.path.dirname(path)
                command = [os.path.join(binaries, "mle-convert"), os.path.join(folder, artefact["file"]), "-o",
                           os.path.join(scratch, "m.mle")] + artefact.get("convert_args", [])
                if artefact.get("needs"):
                    command += ["--arch", os.path.join(folder, artefact["needs"])]
                first = seconds(command)
                if first is not None:
                    took = statistics.median([first, seconds(command), seconds(command)])
                    times[f"{meta['id']}/{artefact['file']}"] = took
    if not times:
        print("no model was converted")
        sys.exit(1)
    spread = sorted(times.values())
    print(f"{len(times)} files: median {statistics.median(spread):.3f} s, P99 {spread[int(0.99 * len(spread))]:.3f} s, "
          f"longest {spread[-1]:.3f} s of the processor")
    for name in sorted(times, key=times.get, reverse=True)[:5]:
        print(f"  {times[name]:.3f} s  {name}")
    sys.exit(1 if spread[-1] > MOST else 0)


if __name__ == "__main__":
    main()
