#!/usr/bin/env python3
"""Compares the answers of f64 with those that a corpus of models recorded: each to one part in 10^9 of
itself, labels exactly, or within the bound of docs/numerics.md for numbers that have not got so many digits.

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
OF_ITSELF = 1e-9
# Bounds of docs/numerics.md: of the row's largest answer and the column's usual one for sums that are
# small against their terms; and for what the source computed in f32.
OF_TERMS, OF_F32 = 2.0**-49, 2.0**-21
EXACT, ITSELF, TERMS, F32, WRONG = range(5)
TITLES = ("the source's bits", "within 1e-9 of themselves",
          "small against their terms: within 2^-49 of those", "recorded in f32: within 2^-21 of those", "WRONG")


def judged(got, want):
    """(class, largest error relative to the answer itself)"""
    got = got.reshape(want.shape)
    if want.dtype.kind not in "fc":
        return (EXACT if all(str(a) == str(b) for a, b in zip(got.ravel(), want.ravel())) else WRONG), 0.0
    same = (got == want) | (np.isnan(got) & np.isnan(want))
    if same.all():
        return EXACT, 0.0
    with np.errstate(all="ignore"):
        error = np.where(same, 0, np.abs(got - want.astype(float)))
        size = np.where(np.isfinite(want), np.abs(want.astype(float)), 0)
        relative = float(np.max(np.where(same, 0, error / size)))
        table = size.reshape(len(size), -1)
        terms = np.maximum(table.max(axis=1, keepdims=True), np.median(table, axis=0)).reshape(want.shape)
        if not np.isfinite(error).all():
            return WRONG, relative
        if want.dtype == np.float32:
            return (F32 if (error <= OF_F32 * terms).all() else WRONG), relative
        if relative <= OF_ITSELF:
            return ITSELF, relative
        return (TERMS if (error <= np.maximum(OF_TERMS * terms, OF_ITSELF * size)).all() else WRONG), relative


def run(corpus, binaries, folder, meta, artefact):
    """[(class, relative error, "family/model/file output")]"""
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
                return [(WRONG, float("inf"), f"{where}: {done.stderr.strip()[-200:]}")]
        got = np.load(answers, allow_pickle=False)
        found = []
        for names, want, _ in corpus.expected_of(meta, artefact, recorded):
            name = next((n for n in names if n in got), list(got)[0])
            found.append((*judged(got[name], want), f"{where} {name}"))
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
            for _, relative, where in of_class:
                print(f"         {relative:8.1e}  {where}")
    print(f"{len(results):6} answers of {len(asked)} files")
    sys.exit(1 if not results or any(r[0] == WRONG for r in results) else 0)


if __name__ == "__main__":
    main()
