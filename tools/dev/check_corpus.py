#!/usr/bin/env python3
"""Runs a corpus of models: every one of the stages that are read must answer as the source framework did, those of
later stages do so or are refused, and no hostile file may do more than be refused.

usage: check_corpus.py CORPUS BIN SANITIZED_BIN

CORPUS/../check.py converts and compares; it needs numpy. BIN holds mle-convert and mle-run,
SANITIZED_BIN a mle-convert built with sanitizers, for the hostile files.
"""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import subprocess
import sys
import tempfile

# What is read: every format, of these stages of the corpus and those before.
STAGE = 2
# Of later stages, what is known to do neither, and why.
KNOWN = {
    # The archive does not say how long a row is: converted for one length, which its summary names.
    "torch_forecast/attention_t113": {"model_ts.pt"},
}


def run(corpus, binaries, arguments):
    """check.py's report: a list of dicts with id, file, status, msg."""
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.json")
        command = [sys.executable, "-B", os.path.join(corpus, "..", "check.py"), corpus, "--json", report]
        environment = dict(os.environ, PATH=os.path.abspath(binaries) + os.pathsep + os.environ["PATH"])
        subprocess.run(command + arguments, env=environment, stdout=subprocess.DEVNULL, check=False)
        with open(report, encoding="utf-8") as file:
            return json.load(file)


def is_known(result):
    return result["stage"] > STAGE and result["file"] in KNOWN.get(result["id"], ())


# A converter's own exit status, not a signal's; what it says is checked by the project's tests.
def is_refused(result):
    return result["stage"] > STAGE and result["msg"].startswith("convert: 1 ")


def main():
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    corpus, binaries, sanitized = sys.argv[1:]
    bad = 0
    for label, folder, extra in (("models", binaries, ["--kind", "model"]),
                                 ("hostile files", sanitized, ["--kind", "hostile"])):
        families = {}
        for result in run(corpus, folder, extra):
            families.setdefault(result["id"].split("/")[0], []).append(result)
        for family, results in sorted(families.items()):
            failed = [r for r in results if r["status"] != "pass"]
            refused = [r for r in failed if is_refused(r)]
            problems = [r for r in failed if not is_known(r) and not is_refused(r)]
            print(f"{family:20} {label}: {len(results) - len(failed)} pass, {len(refused)} of later stages refused, "
                  f"{len(failed) - len(refused) - len(problems)} known to fall short, {len(problems)} fail")
            for problem in problems:
                print(f"  {problem['id']}/{problem['file']}: {problem['msg']}")
            bad += len(problems)
        if not families:
            print(f"no {label} in {corpus}")
            bad += 1
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
