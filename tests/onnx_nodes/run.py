#!/usr/bin/env python3
"""Runs the official node tests of ONNX through mle-convert and mle-run.

Of every operator in scope.txt: its own cases, the expanded ones (its function body in place of it),
the same calls at older versions, and each once more with a free first axis. A case passes, is refused
cleanly (an importer's rule and a reason), is answered wrong, ends uncleanly (anything else), or lies
outside: refused, and of element types or kinds that .mle files do not have. Exit status 0 when none is
wrong or unclean, else 1; 2 for misuse.
"""
# SPDX-License-Identifier: Apache-2.0
import argparse
import json
import os
import pathlib
import shutil
import sys
import tempfile

try:
    import cases as node_cases
    import drive
except ImportError as error:
    sys.exit(f"run.py: error: {error}\nhint: pip install -r {pathlib.Path(__file__).parent}/requirements.txt")

HERE = pathlib.Path(__file__).resolve().parent
RESULTS = (drive.PASS, drive.REFUSED, drive.WRONG, drive.UNCLEAN, drive.OUTSIDE)
BAD = (drive.WRONG, drive.UNCLEAN)


def read_scope(path):
    """{operator: places of the inputs that models have as constants}."""
    scope = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.split("#")[0].split()
        if words:
            scope[words[0]] = [int(w) for w in words[1:]]
    return scope


def collect(scope, wanted):
    """(cases as published and at older versions, the same with a free first axis)."""
    history = node_cases.signatures()
    found, rows = [], []
    constants = {}  # by case: what its function body has as constants, too
    for case in node_cases.published(wanted):
        if case.operator not in scope:
            continue
        if case.kind == "own":
            constants[case.name] = node_cases.constant_names(case, scope[case.operator])
        names = constants.get(case.name.split("_expanded")[0], [])
        variants = [case, *node_cases.older(case, history)]
        for variant in variants:
            variant = node_cases.with_constants(variant, names)
            found.append(variant)
            as_rows = node_cases.as_rows(variant)
            if as_rows:
                rows.append(as_rows)
    return found, rows


def tally(results):
    counted = {}
    for case, result, reason, _ in results:
        one = counted.setdefault(case.operator, dict.fromkeys(RESULTS, 0) | {"reasons": {}})
        one[result] += 1
        if result != drive.PASS:
            one["reasons"].setdefault(f"{result}: {reason}", []).append(case.name)
    return dict(sorted(counted.items()))


def table(counted, verbose):
    lines = [f"{'operator':<34}" + "".join(f"{r:>9}" for r in RESULTS)]
    for operator, one in counted.items():
        lines.append(f"{operator:<34}" + "".join(f"{one[r]:>9}" for r in RESULTS))
        reasons = sorted(one["reasons"].items(), key=lambda r: -len(r[1]))
        for reason, names in reasons if verbose else [r for r in reasons if r[0].startswith(BAD)]:
            lines.append(f"    {len(names)} {reason[:150]}   ({names[0]})")
    return "\n".join(lines)


def summary(label, results):
    count = {r: sum(1 for x in results if x[1] == r) for r in RESULTS}
    return f"{label}: {len(results):>5} cases, {passes(results):5.1f} % pass: " + ", ".join(
        f"{count[r]} {r}" for r in RESULTS)


def passes(results):
    """Per cent of the cases that are not outside."""
    inside = [r for r in results if r[1] != drive.OUTSIDE]
    return 100 * sum(1 for r in inside if r[1] == drive.PASS) / max(1, len(inside))


def as_json(results):
    return [{"case": c.name, "operator": c.operator, "version": c.version, "kind": c.kind, "result": r,
             "reason": why, "error": error} for c, r, why, error in results]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default=HERE.parent.parent / "build/release/bin", metavar="DIR",
                        help="where mle-convert and mle-run are (build/release/bin)")
    parser.add_argument("--op", action="append", metavar="NAME", help="only this operator; may be repeated")
    parser.add_argument("--case", metavar="TEXT", help="only cases with this in their names")
    parser.add_argument("--least", type=float, default=0, metavar="PERCENT", help="fail below this share of passes")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N", help="processes side by side")
    parser.add_argument("--keep", metavar="DIR", help="keep the models, inputs and answers here")
    parser.add_argument("--json", metavar="FILE", help="write every case's result here")
    parser.add_argument("-v", "--verbose", action="store_true", help="say why cases are refused")
    options = parser.parse_args()
    scope = read_scope(HERE / "scope.txt")
    for name in options.op or []:
        if name not in scope:
            parser.error(f"scope.txt has no operator {name}")
    plain, rows = collect(scope, set(options.op or []))
    if options.case:
        plain, rows = ([c for c in part if options.case in c.name] for part in (plain, rows))
    if not plain:
        sys.exit("run.py: error: there is no such case")

    folder = pathlib.Path(options.keep or tempfile.mkdtemp(prefix="onnx_nodes."))
    try:
        answered = drive.put_through(plain, options.bin, folder / "plain", options.jobs)
        by_rows = drive.put_through(rows, options.bin, folder / "rows", options.jobs)
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print(table(tally(answered), options.verbose))
    # A free first axis need not make sense for a case: it may be refused, not be answered wrong.
    bad_rows = [r for r in by_rows if r[1] in BAD]
    if bad_rows:
        print("\nwith a free first axis:")
        for case, result, reason, _ in bad_rows:
            print(f"    {result}: {reason[:150]}   ({case.name})")
    print()
    for kind in ("own", "expanded", "older"):
        print(summary(f"{kind:<9}", [r for r in answered if r[0].kind == kind]))
    print(summary("all      ", answered))
    print(summary("by rows  ", by_rows))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"schema": "mle-onnx-nodes/1", "cases": as_json(answered), "rows": as_json(by_rows)}, file, indent=1)
    failed = bad_rows or [r for r in answered if r[1] in BAD]
    sys.exit(1 if failed or passes(answered) < options.least else 0)


if __name__ == "__main__":
    main()
