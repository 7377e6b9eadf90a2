#!/usr/bin/env python3
"""Writes the files of this folder: the same objects in every protocol of pickle and every wrapping of
joblib. Needs numpy and joblib; run by hand, the files are checked in.

usage: make_files.py FOLDER
"""
# SPDX-License-Identifier: Apache-2.0
import collections
import pathlib
import pickle
import sys

import joblib
import numpy as np

OBJECTS = collections.OrderedDict(
    matrix=np.arange(6, dtype="f8").reshape(2, 3) / 2,
    fortran=np.asfortranarray(np.arange(24, dtype="f4").reshape(2, 3, 4)),
    big_endian=np.array([1, -2, 1 << 40], dtype=">i8"),
    halves=np.array([0.5, -0.0, np.inf, 6e-8], dtype="f2"),
    bytes_u1=np.array([0, 255], dtype="u1"),
    flags=np.array([True, False, True]),
    words=np.array(["one", "", "zwölf"]),
    objects=np.array(["a", None, 3, float("nan")], dtype=object),
    records=np.array([(1, 2.5), (3, 4.5)], dtype=[("left", "i4"), ("value", "f8")]),
    times=np.array(["2020-01-01"], dtype="M8[ns]"),
    empty=np.zeros((0, 4)),
    scalar=np.float64(0.1),
    count=np.int32(-7),
    numbers=[0, -1, 255, 65536, -(1 << 40), 1 << 70, 0.1, True, False, None],
    text="z\u00fcrich \U0001f600 \\ \n",
    raw=b"\x00\xff",
    nested={"a": {"b": [1, (2, 3)]}, "set": {5}},
)


def main():
    folder = pathlib.Path(sys.argv[1])
    for protocol in range(6):
        (folder / f"protocol{protocol}.pkl").write_bytes(pickle.dumps(OBJECTS, protocol))
    joblib.dump(OBJECTS, folder / "plain.joblib")
    for method in ("zlib", "gzip", "bz2", "xz", "lzma"):
        joblib.dump(OBJECTS, folder / f"{method}.joblib", compress=(method, 3))


if __name__ == "__main__":
    main()
