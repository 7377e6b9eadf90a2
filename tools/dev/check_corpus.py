#!/usr/bin/env python3
"""Runs a corpus of models: what is supported must answer as the source framework did, what is not
yet must be refused by name, and no hostile file may do more than be refused.

usage: check_corpus.py CORPUS BIN SANITIZED_BIN

CORPUS/../check.py converts and compares; it needs numpy. BIN holds mle-convert and mle-run,
SANITIZED_BIN a mle-convert built with sanitizers, for the hostile files.
"""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import re
import subprocess
import sys
import tempfile

# What works today, in the order of the importers.
FORMAT, STAGE = "onnx", "1"
FAMILIES = ["torch_mlp", "torch_activations", "torch_seeds", "torch_arch"]
# Models of these families that may be refused, by name, for now: other precisions, fixed batches,
# layer normalisation.
MAY_BE_REFUSED = re.compile(r"/(double_weights|half_weights|static_batch|batch_one|ln)(_t113)?/")
REFUSAL = re.compile(r"^convert: 1 .*mle-convert: error: ", re.S)  # check.py shows the end of stderr
HOSTILE = ["hostile_*"]


def run(corpus, binaries, arguments):
    """check.py's report: a list of dicts with id, file, status, msg."""
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.json")
        command = [sys.executable, "-B", os.path.join(corpus, "..", "check.py"), corpus, "--json", report]
        environment = dict(os.environ, PATH=os.path.abspath(binaries) + os.pathsep + os.environ["PATH"])
        subprocess.run(command + arguments, env=environment, stdout=subprocess.DEVNULL, check=False)
        with open(report, encoding="utf-8") as file:
            return json.load(file)


def judge(result):
    """None when the result is as it should be, else why not."""
    if result["status"] == "pass":
        return None
    name = f"{result['id']}/{result['file']}"
    if MAY_BE_REFUSED.search("/" + name) and REFUSAL.match(result["msg"]):
        return None
    return f"{name}: {result['msg']}"


def main():
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    corpus, binaries, sanitized = sys.argv[1:]
    bad = 0
    for label, folder, families, extra in (
            ("models", binaries, FAMILIES, ["--format", FORMAT, "--stage", STAGE]),
            ("hostile files", sanitized, HOSTILE, ["--kind", "hostile"])):
        for family in families:
            results = run(corpus, folder, extra + ["--family", family])
            problems = [p for p in map(judge, results) if p]
            passed = sum(r["status"] == "pass" for r in results)
            refused = len(results) - passed - len(problems)
            print(f"{family:20} {label}: {passed} pass, {refused} refused by name, {len(problems)} fail")
            for problem in problems:
                print("  " + problem)
            if not results:
                print("  nothing of that name in the corpus")
            bad += len(problems) + (not results)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
