"""Puts cases through mle-convert and mle-run and says what became of each."""
# SPDX-License-Identifier: Apache-2.0
import concurrent.futures
import json
import os
import pathlib
import signal
import subprocess

import numpy

PASS, REFUSED, WRONG, UNCLEAN = "pass", "refused", "wrong", "unclean"
OUTSIDE = "outside"  # refused, and of element types or kinds that .mle files do not have
SECONDS = 60  # for one process; nothing here takes one
CHUNK = 48    # models that one mle-convert takes


def run(command):
    try:
        return subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as expired:
        return subprocess.CompletedProcess(command, -signal.SIGKILL, b"", expired.stderr or b"took too long")


def convert_chunk(program, names, folder, out):
    """{name: (result, reason)}: PASS for a model that was written. A chunk that dies is taken apart."""
    done = run([program, folder, "-o", out, "--golden", "2", "--json"])
    try:
        report = json.loads(done.stdout)["models"] if done.returncode in (0, 1) else None
    except (ValueError, KeyError):
        report = None
    if report is None:
        return {n: convert_alone(program, folder / (n + ".onnx"), out / (n + ".mle")) for n in names}
    found = {pathlib.Path(m["source"]).stem: judged(m) for m in report}
    return {n: found.get(n, (UNCLEAN, "mle-convert does not take the file for a model")) for n in names}


def convert_alone(program, source, output):
    done = run([program, source, "-o", output, "--golden", "2", "--json"])
    if done.returncode not in (0, 1):
        return UNCLEAN, f"mle-convert ended with {done.returncode}: {error_line(done.stderr)}"
    try:
        return judged(json.loads(done.stdout)["models"][0])
    except (ValueError, KeyError, IndexError):
        return UNCLEAN, "mle-convert gave no report"


def judged(model):
    if model["ok"]:
        return PASS, ""
    if not model["problems"]:
        return UNCLEAN, "mle-convert failed without a problem"
    problem = model["problems"][0]
    text = f"{problem['rule']} {problem['message']}"
    # Only an importer's rule is a refusal: others say that the compiler was surprised.
    return (REFUSED if problem["rule"].startswith("C") else UNCLEAN), text


def error_line(text):
    lines = text.decode(errors="replace").strip().splitlines()
    return next((x for x in lines if ": error: " in x), lines[-1] if lines else "no message")


def as_file(array):
    """As mle-run reads it: texts as numpy's own strings, bfloat16, which numpy lacks, widened."""
    if array.dtype.kind == "O":
        return numpy.array([x.decode() if isinstance(x, bytes) else str(x) for x in array.ravel()],
                           dtype=str).reshape(array.shape)
    return array.astype(numpy.float32) if array.dtype.name == "bfloat16" else array


def answer(program, case, model, folder):
    """Runs one compiled case: (result, reason, worst absolute error)."""
    rows, given = folder / (case.name + ".npz"), folder / (case.name + ".out.npz")
    try:
        numpy.savez(rows, **{name: as_file(numpy.asarray(value)) for name, value in case.inputs.items()})
    except (TypeError, ValueError) as error:
        return UNCLEAN, f"its inputs cannot be written: {error}", 0.0
    done = run([program, model, "--input", rows, "--output", given])
    if done.returncode != 0:
        return UNCLEAN, f"mle-run ended with {done.returncode}: {error_line(done.stderr)}", 0.0
    worst = 0.0
    with numpy.load(given) as answers:
        for name, value in case.outputs.items():
            if name not in answers.files:
                return WRONG, f"no output {name}", 0.0
            why, error = difference(answers[name], numpy.asarray(value), case)
            worst = max(worst, error)
            if why:
                return WRONG, f"{name}: {why}", error
    return PASS, "", worst


def difference(ours, theirs, case):
    """("" or why the two are not the same, the worst absolute error)."""
    if ours.shape != theirs.shape:
        return f"shape {list(ours.shape)} for {list(theirs.shape)}", 0.0
    if theirs.dtype.kind in "OSU":
        texts = [[x.decode() if isinstance(x, bytes) else str(x) for x in a.ravel()] for a in (ours, theirs)]
        return ("" if texts[0] == texts[1] else "other strings"), 0.0
    if theirs.dtype.name == "bfloat16" and ours.dtype == numpy.uint16:
        ours = ours.view(theirs.dtype)  # which files hold by its bits
    if ours.dtype != theirs.dtype:
        return f"dtype {ours.dtype} for {theirs.dtype}", 0.0
    if ours.dtype.kind not in "fc" and ours.dtype.name != "bfloat16":
        return ("" if numpy.array_equal(ours, theirs) else f"{ours.ravel()[:4]} for {theirs.ravel()[:4]}"), 0.0
    ours, theirs = ours.astype(numpy.float64), theirs.astype(numpy.float64)
    finite = numpy.isfinite(theirs)
    if not numpy.array_equal(ours[~finite], theirs[~finite], equal_nan=True):
        return "other infinities or NaN", 0.0
    with numpy.errstate(invalid="ignore", over="ignore"):
        error = numpy.abs(ours[finite] - theirs[finite])
        bad = ~(error <= case.atol + case.rtol * numpy.abs(theirs[finite]))
    worst = float(numpy.nanmax(error)) if error.size else 0.0
    if bad.any():
        at = int(numpy.argmax(bad))
        return f"{ours[finite][at]:.9g} for {theirs[finite][at]:.9g}", worst
    return "", worst


def put_through(cases, binaries, folder, jobs):
    """[(case, result, reason, worst absolute error)], in the order of `cases`."""
    convert, runner = (os.path.abspath(os.path.join(binaries, p)) for p in ("mle-convert", "mle-run"))
    results = {}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        chunks = []
        for first in range(0, len(cases), CHUNK):
            part = cases[first:first + CHUNK]
            source = folder / f"{first}"
            out = folder / f"{first}.mle"
            source.mkdir(parents=True)
            out.mkdir()
            for case in part:
                (source / (case.name + ".onnx")).write_bytes(case.model.SerializeToString())
            chunks.append((part, out, pool.submit(convert_chunk, convert, [c.name for c in part], source, out)))
        running = []
        for part, out, chunk in chunks:
            converted = chunk.result()
            for case in part:
                result, reason = converted[case.name]
                if result == PASS:
                    running.append((case, pool.submit(answer, runner, case, out / (case.name + ".mle"), out)))
                else:
                    outside = result == REFUSED and case.outside()
                    results[case.name] = (OUTSIDE if outside else result, reason, 0.0)
        for case, job in running:
            results[case.name] = job.result()
    return [(case, *results[case.name]) for case in cases]
