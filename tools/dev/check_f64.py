#!/usr/bin/env python3
"""Compares the answers of f64 with those that a corpus of models recorded, by the one rule of docs/numerics.md:
labels are the same, numbers within one part in 10^9 of themselves or sixteen roundings of their terms. Then moves
one number of each answer by one part in 10^8 of its row, which has to be found wrong.

usage: check_f64.py CORPUS BIN [FAMILY...]

CORPUS/../check.py knows the corpus; it needs numpy. BIN holds mle-convert and mle-run. Asked are the
models of sources that compute in f64, converted with --precision f64 and given rows of f64.
"""
# SPDX-License-Identifier: Apache-2.0
import concurrent.futures
import fnmatch
import os
import subprocess
import sys
import tempfile

import numpy as np

FAMILIES = ("sk_*", "plain_coef", "xgboost")
FORMATS = {"pickle", "npz_coef", "csv_coef", "json_coef", "xgboost_json", "xgboost_ubj"}
STAGE = 2  # later ones are asked where they are read
# |got - want| <= max(OF_ITSELF |want|, ROUNDINGS u s): u is half a unit in the last place of the dtype that was
# recorded, s what sums are made of, as far as answers tell: the largest of the row, or the usual one of the column.
OF_ITSELF, ROUNDINGS = 1e-9, 16
EXACT, ITSELF, TERMS, WRONG = range(4)
TITLES = ("the source's bits", "within 1e-9 of themselves", f"within {ROUNDINGS} roundings of their terms", "WRONG")
NORMS = ("of themselves", "of their row's largest", "of their column's largest")


def sizes_of(want):
    """Of each number: its own, its row's largest, its column's largest, its column's usual one"""
    own = np.where(np.isfinite(want), np.abs(want.astype(float)), 0)
    table = own.reshape(len(own), -1)
    spread = [table, table.max(axis=1, keepdims=True), table.max(axis=0), np.median(table, axis=0)]
    return [np.broadcast_to(each, table.shape).reshape(want.shape) for each in spread]


def judged(got, want):
    """(class, largest error: of the answer itself and in roundings, within 1e-9 of which of NORMS)"""
    got = got.reshape(want.shape)
    if want.dtype.kind not in "fc":
        same = all(str(a) == str(b) for a, b in zip(got.ravel(), want.ravel()))
        return (EXACT if same else WRONG), (0.0, 0.0), (same,) * len(NORMS)
    same = (got == want) | (np.isnan(got) & np.isnan(want))
    if same.all():
        return EXACT, (0.0, 0.0), (True,) * len(NORMS)
    own, row, column, usual = sizes_of(want)
    with np.errstate(all="ignore"):
        error = np.where(same, 0, np.abs(got - want.astype(float)))
        relative = float(np.max(np.where(same, 0, error / own)))
        norms = tuple(bool((error <= OF_ITSELF * size).all()) for size in (own, row, column))
        rounding = np.finfo(want.dtype).eps / 2 * np.maximum(row, usual)
        right = error <= np.maximum(OF_ITSELF * own, ROUNDINGS * rounding)
        roundings = float(np.max(np.where(error <= OF_ITSELF * own, 0, error / rounding)))
    return (ITSELF if norms[0] else TERMS if right.all() else WRONG), (relative, roundings), norms


def is_noticed(got, want):
    """Whether a number that is off by 1e-8 of its row (of f32: by 2^-19) is found; None where there is none."""
    if want.dtype.kind not in "fc" or want.size == 0:
        return None
    rows = sizes_of(want)[1].reshape(len(want), -1)[:, 0]
    at = int(np.argsort(rows)[len(rows) // 2])  # one as large as most
    step = max(1e-8, 16 * np.finfo(want.dtype).eps) * rows[at]
    found = []
    for place in range(want[at].size if step > 0 else 0):
        moved = got.astype(float).reshape(len(want), -1)
        if np.isfinite(moved[at, place]):
            moved[at, place] += step
            found.append(judged(moved, want)[0] == WRONG)
    return all(found) if found else None


def run(corpus, binaries, folder, meta, artefact):
    """[(class, errors, norms, whether a mistake is noticed, "family/model/file output")]"""
    where = f"{meta['id']}/{artefact['file']}"
    recorded = np.load(os.path.join(folder, "expected.npz"))
    with tempfile.TemporaryDirectory() as scratch:
        mle, rows, answers = (os.path.join(scratch, n) for n in ("m.mle", "rows.npz", "answers.npz"))
        feed = corpus.feed_of(meta, artefact, recorded, True)
        corpus.save_npz(rows, feed)
        if len(feed) == 1:
            rows = os.path.join(scratch, "rows.npy")
            np.save(rows, next(iter(feed.values())))
        for command in (["mle-convert", os.path.join(folder, artefact["file"]), "-o", mle, "--precision", "f64"],
                        ["mle-run", mle, "--input", rows, "--output", answers]):
            done = subprocess.run([os.path.join(binaries, command[0])] + command[1:], capture_output=True, text=True,
                                  check=False)
            if done.returncode != 0 and artefact.get("stage", meta["stage"]) > STAGE:
                return []  # not read yet
            if done.returncode != 0:
                return [(WRONG, (float("inf"),) * 2, (False,) * len(NORMS), None, f"{where}: {done.stderr.strip()[-200:]}")]
        got = np.load(answers, allow_pickle=False)
        found = []
        for names, want, _ in corpus.expected_of(meta, artefact, recorded):
            name = next((n for n in names if n in got), list(got)[0])
            found.append((*judged(got[name], want), is_noticed(got[name], want), f"{where} {name}"))
        return found


def main():
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    root, binaries = sys.argv[1:3]
    families = sys.argv[3:] or FAMILIES
    sys.path.insert(0, os.path.join(root, ".."))
    sys.dont_write_bytecode = True
    import check as corpus  # pylint: disable=import-error,import-outside-toplevel

    asked = []
    for folder, meta in corpus.cases(root):
        if meta["kind"] != "model" or meta["expect"] != "match" or not any(fnmatch.fnmatch(meta["id"].split("/")[0], f) for f in families):
            continue
        asked += [(corpus, binaries, folder, meta, a) for a in meta["artefacts"]
                  if a["format"] in FORMATS and not a.get("expect")]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = [each for found in pool.map(lambda one: run(*one), asked) for each in found]
    for number, title in enumerate(TITLES):
        of_class = [r for r in results if r[0] == number]
        print(f"{len(of_class):6} {title}")
        if number >= TERMS:
            for _, (relative, roundings), _, _, where in of_class:
                print(f"         {relative:8.1e} of themselves, {roundings:5.1f} roundings  {where}")
    print(f"{len(results):6} answers of {len(asked)} files")
    print("of these within 1e-9 " + ", ".join(f"{name}: {sum(r[2][i] for r in results)}" for i, name in enumerate(NORMS)))
    unnoticed = [r[4] for r in results if r[3] is False]
    print(f"a number moved by 1e-8 of its row was found in {sum(r[3] is True for r in results)} answers, "
          f"not in {len(unnoticed)}", *unnoticed, sep="\n         ")
    sys.exit(1 if not results or unnoticed or any(r[0] == WRONG for r in results) else 0)


if __name__ == "__main__":
    main()
