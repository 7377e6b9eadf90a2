#!/usr/bin/env python3
"""Exports compiled models as ONNX, has the ONNX checker read them, and compares the answers of ONNX
Runtime with those of mle-run.

usage: onnx_export_test.py BIN MODEL...        (sources, or .mle files)

Exit status 77 (skipped) where Python lacks numpy, onnx or onnxruntime.
"""
# SPDX-License-Identifier: Apache-2.0
import os
import subprocess
import sys
import tempfile

try:
    import numpy
    import onnx
    import onnxruntime
except ImportError as error:
    print("skipped:", error)
    sys.exit(77)

ROWS = 7
# Models with an op that ONNX can't say are refused by the op's name; no more than these may be.
MOST_REFUSED = 0.25


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def rows_for(session):
    """Numbers for every input, by name; the first free axis is the rows."""
    random = numpy.random.default_rng(7)
    rows = {}
    for tensor in session.get_inputs():
        shape = [dim if isinstance(dim, int) else ROWS for dim in tensor.shape]
        kind = {"tensor(float)": "float32", "tensor(double)": "float64", "tensor(int64)": "int64",
                "tensor(int32)": "int32", "tensor(bool)": "bool"}.get(tensor.type)
        if kind is None:
            return None
        if kind.startswith("float"):
            rows[tensor.name] = random.normal(size=shape).astype(kind)
        else:
            rows[tensor.name] = random.integers(0, 2, size=shape).astype(kind)
    return rows


def check(tools, source, folder):
    """'equal', 'refused: …' or what is wrong."""
    model, exported = os.path.join(folder, "m.mle"), os.path.join(folder, "m.onnx")
    given, answered = os.path.join(folder, "x.npz"), os.path.join(folder, "y.npz")
    if source.endswith(".mle"):
        model = source
    else:
        done = run(os.path.join(tools, "mle-convert"), source, "-o", model)
        if done.returncode != 0:
            return "does not convert: " + done.stderr
    if os.path.exists(exported):
        os.remove(exported)
    done = run(os.path.join(tools, "mle-inspect"), model, "--export", exported)
    if done.returncode != 0:
        by_name = "can't be said in ONNX: " in done.stderr and not os.path.exists(exported)
        return ("refused: " if by_name else "no clean refusal: ") + done.stderr.splitlines()[0]
    onnx.checker.check_model(onnx.load(exported), full_check=True)
    try:
        session = onnxruntime.InferenceSession(exported, providers=["CPUExecutionProvider"])
    except onnxruntime.capi.onnxruntime_pybind11_state.NotImplemented as error:
        return f"refused: ONNX Runtime has no kernel: {error}"
    rows = rows_for(session)
    if rows is None:
        return "refused: rows of this type are not made here"
    numpy.savez(given, **rows)
    done = run(os.path.join(tools, "mle-run"), model, "--input", given, "--output", answered)
    if done.returncode != 0:
        return "does not run: " + done.stderr
    names = [output.name for output in session.get_outputs()]
    wanted = dict(numpy.load(answered))
    if sorted(names) != sorted(wanted):
        return f"outputs are called {names}, mle-run says {sorted(wanted)}"
    for name, got in zip(names, session.run(names, rows)):
        want = wanted[name]
        if got.shape != want.shape or got.dtype != want.dtype:
            return f"{name} is {got.dtype}{got.shape}, mle-run says {want.dtype}{want.shape}"
        if not numpy.allclose(got, want, rtol=1e-4, atol=1e-5, equal_nan=True):
            return f"{name} differs by {numpy.max(numpy.abs(got - want))}"
    return "equal"


def main():
    tools, sources = sys.argv[1], sys.argv[2:]
    onnxruntime.set_default_logger_severity(3)
    wrong, refused = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for source in sources:
            verdict = check(tools, source, folder)
            refused += verdict.startswith("refused: ")
            wrong += not verdict.startswith(("refused: ", "equal"))
            print(f"{os.path.basename(os.path.dirname(source))}: {verdict}")
    print(f"{len(sources)} models, {refused} refused, {wrong} wrong")
    return 1 if wrong or not sources or refused > MOST_REFUSED * len(sources) else 0


if __name__ == "__main__":
    sys.exit(main())
