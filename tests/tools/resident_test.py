#!/usr/bin/env python3
"""resident_test.py MLE_BENCH MLE_RUN MODEL.mle...

What the static mle-run holds in memory at most, from exec to its answer, beside the file of the model, which it reads
whole: at most 1.5 MiB. Measured by `mle-bench start`, where the process ends.
"""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import subprocess
import sys

MOST = 3 << 19
PAGE = os.sysconf("SC_PAGESIZE")


def peak(bench, program, model):
    said = subprocess.run([bench, "start", model, "--program", program, "--runs", "1", "--json", "-"],
                          stdout=subprocess.PIPE, check=True).stdout
    return json.loads(said)["results"][0]["peak_rss_bytes"]


def main():
    bench, program, *models = sys.argv[1:]
    good = bool(models)
    for model in models:
        weights = -(-os.path.getsize(model) // PAGE) * PAGE
        beside = peak(bench, program, model) - weights
        print(f"{model}: {beside} bytes resident beside the file's {weights}, {MOST} allowed")
        good = good and beside <= MOST
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
