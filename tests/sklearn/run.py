#!/usr/bin/env python3
"""Fits estimators of the installed scikit-learn, converts them, and compares answers with its own.

Every estimator that `mle-convert --supported` names is asked at least once. Answers in f64 agree to
one part in 10^9 of themselves, or to the last digits of the terms where their sum is small
(docs/numerics.md); labels agree exactly. All are of scikit-learn's dtype. Exit status 0 when all do, else 1; 2 for misuse.
"""
# SPDX-License-Identifier: Apache-2.0
import argparse
import concurrent.futures
import os
import pathlib
import pickle
import re
import subprocess
import sys
import tempfile

try:
    import numpy as np

    import cases
except ImportError as error:
    sys.exit(f"run.py: error: {error}\nhint: pip install -r {pathlib.Path(__file__).parent}/requirements.txt")

HERE = pathlib.Path(__file__).resolve().parent
SECONDS = 60
OF_ITSELF, OF_TERMS = 1e-9, 2.0**-49


def run(*command):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=SECONDS, check=False)


def write_rows(path, rows):
    """One matrix of numbers, or a column of words for each input."""
    if rows.dtype != object:
        np.save(path.with_suffix(".npy"), rows)
        return path.with_suffix(".npy")
    columns = {f"x{i}": rows[:, i].astype(str) for i in range(rows.shape[1])}
    np.savez(path.with_suffix(".npz"), **columns)
    return path.with_suffix(".npz")


def bounds_of(case, want):
    """By answer, how far it may be off where its own digits end: of the row's largest answer and the
    column's usual one; of the support vectors' shares; and of 1 where 1 - p went through a logarithm."""
    size = np.abs(np.where(np.isfinite(want), want, 0)).reshape(len(want), -1)
    terms = np.maximum(size.max(axis=1, keepdims=True), np.median(size, axis=0)).reshape(want.shape)
    if hasattr(case.model, "support_vectors_"):
        shares = np.abs(case.rows) @ np.abs(case.model.support_vectors_.T) @ np.abs(case.model.dual_coef_.T)
        terms = terms + shares.max(axis=1).reshape([-1] + [1] * (want.ndim - 1))
    return np.maximum(OF_TERMS * terms, OF_ITSELF if getattr(case.model, "method", "") == "temperature" else 0)


def difference(case, got, want):
    """What is wrong with an answer; empty where it is right."""
    if [n for n in got.shape if n != 1] != [n for n in want.shape if n != 1]:
        return f"shape {got.shape}, not {want.shape}"
    if want.dtype.kind in "biuf" and got.dtype != want.dtype:
        return f"is of {got.dtype}, not {want.dtype}"
    got = got.reshape(want.shape)
    if want.dtype.kind not in "fc":
        wrong = [i for i, (a, b) in enumerate(zip(got.ravel(), want.ravel())) if str(a) != str(b)]
        return f"{len(wrong)} labels differ, first {got.ravel()[wrong[0]]} for {want.ravel()[wrong[0]]}" if wrong else ""
    same = (got == want) | (np.isnan(got) & np.isnan(want))
    with np.errstate(all="ignore"):
        error = np.where(same, 0, np.abs(got - want))
        right = same | (error <= OF_ITSELF * np.abs(want)) | (error <= bounds_of(case, want))
        worst = np.max(np.where(right, 0, error / np.abs(want)))
    return "" if right.all() else f"{np.sum(~right)} answers off by {worst:.2g} of themselves"


def check(number, case, options, folder):
    """Reasons why a case fails."""
    base = folder / str(number)
    protocol = number % 6
    base.with_suffix(".pkl").write_bytes(pickle.dumps(case.model, protocol))
    mle, answers = base.with_suffix(".mle"), folder / f"{number}.out.npz"
    converted = run(options.bin / "mle-convert", base.with_suffix(".pkl"), "-o", mle, "--precision", "f64")
    if converted.returncode != 0:
        return [f"{case.name}, protocol {protocol}: {converted.stderr.strip()[:300]}"]
    done = run(options.bin / "mle-run", mle, "--input", write_rows(base, case.rows), "--output", answers)
    if done.returncode != 0:
        return [f"{case.name}: {done.stderr.strip()[:300]}"]
    got = np.load(answers, allow_pickle=False)
    wrong = []
    for method, want in case.answers.items():
        for name, part in [(f"{method}.y{i}", p) for i, p in enumerate(want)] if isinstance(want, list) else [(method, want)]:
            if method == "decision_function":
                part = part.astype(float)  # there 1 of a class that was always there is a whole number
            reason = difference(case, got[name], part) if name in got else "is not among the answers"
            if reason:
                wrong.append(f"{case.name}: {name} {reason}")
    return wrong


def not_asked(options, found):
    """Estimators that the program says it reads and no case is made of."""
    page = run(options.bin / "mle-convert", "--supported").stdout
    named = set(re.findall(r"^\| ([A-Z]\w+) \|", page, re.M))
    return sorted(named - cases.names_of(found))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=HERE.parent.parent / "build/release/bin", metavar="DIR",
                        help="where mle-convert and mle-run are (build/release/bin)")
    parser.add_argument("--case", default="", metavar="TEXT", help="only cases with this in their names")
    parser.add_argument("--keep", metavar="DIR", help="keep the models and answers here")
    options = parser.parse_args()
    everything = cases.cases()
    found = [case for case in everything if options.case in case.name]
    if not found:
        sys.exit("run.py: error: there is no such case")
    wrong = [] if options.case else [f"{name}: is supported, and no case asks it" for name in not_asked(options, found)]
    with tempfile.TemporaryDirectory(prefix="sklearn.") as temporary:
        folder = pathlib.Path(options.keep or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for reasons in pool.map(lambda each: check(*each, options, folder), enumerate(found)):
                wrong += reasons
    print("\n".join(wrong + [f"{len(found)} fitted estimators, {len(wrong)} wrong"]))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
