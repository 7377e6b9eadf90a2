#!/usr/bin/env python3
"""mle-serve beside other servers of the same model, turn by turn, on the same two cores.

Servers are pinned to one core, the load of mle-bench to another. In each round every server has one
turn of each number of requests in flight, and who begins moves on by one. Ratios are taken within a
round, then their median, with a bootstrap interval of 95 %. Writes report.md and report.json.
"""
# SPDX-License-Identifier: Apache-2.0
import argparse
import collections
import contextlib
import datetime
import json
import os
import pathlib
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.request

# Who is asked what, where.
Rival = collections.namedtuple("Rival", "name port pid model")

MODEL_ROWS = [1, 2, 4, 8, 16, 32]
WIDTHS = ["40", "256", "128", "1"]
# What is owed: CPU of a call and P99 against the empty service, CPU against axum + candle.
MUST_EMPTY_CPU, MUST_EMPTY_P99, MUST_AXUM = 1.15, 1.5, 1.0


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def pinned(core):
    return ["taskset", "-c", str(core)] if core is not None else []


class Server:
    def __init__(self, name, command, port, core, log):
        self.name, self.port = name, port
        self.log = open(log, "w")
        self.process = subprocess.Popen(pinned(core) + command, stdout=self.log, stderr=self.log)

    def wait(self, patience=60):
        end = time.monotonic() + patience
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            time.sleep(0.05)
        raise SystemExit(f"measure.py: {self.name} does not listen: see {self.log.name}")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


def post(port, body):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v2/models/W1/infer", body,
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["outputs"][0]["data"]


# Who is fast and wrong does not count.
def check_answers(rivals):
    random.seed(1)
    rows = [round(random.uniform(-1, 1), 6) for _ in range(40)]
    body = json.dumps({"inputs": [{"name": "X", "datatype": "FP32", "shape": [1, 40],
                                   "data": rows}]}).encode()
    answers = {rival.name: post(rival.port, body)[0] for rival in rivals}
    first = next(iter(answers.values()))
    for name, value in answers.items():
        if abs(value - first) > 1e-4 * max(1, abs(first)):
            raise SystemExit(f"measure.py: {name} answers {value}, others {first}")


def batches(port):
    """Rows, runs and microseconds of computing of W1 so far, as mle-serve counts them."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as page:
        text = page.read().decode()
    return [float(re.search(rf'^{name}\{{[^\n]*"W1"[^\n]* (\S+)$', text, re.M)[1])
            for name in ("nv_inference_count", "nv_inference_exec_count",
                         "nv_inference_compute_infer_duration_us")]


class Bench:
    def __init__(self, options, core):
        self.program = str(options.bin / "mle-bench")
        self.core, self.seconds, self.model = core, options.seconds, str(options.work / "W1.mle")

    def run(self, core, *arguments):
        command = pinned(core) + [self.program, *arguments, "--json", "-"]
        outcome = subprocess.run(command, capture_output=True, text=True)
        if outcome.returncode != 0:
            raise SystemExit(f"measure.py: {' '.join(command)}\n{outcome.stderr}")
        return json.loads(outcome.stdout)

    def serve(self, rival, protocol, in_flight):
        cell, seconds = {}, self.seconds
        while "latency_us" not in cell:  # nothing was answered: a slow server, many in flight
            cell = self.run(self.core, "serve", f"127.0.0.1:{rival.port}", "--protocol", protocol,
                            "--model", rival.model, "--concurrency", str(in_flight), "--seconds",
                            str(seconds), "--pid", str(rival.pid))["results"][0]
            seconds *= 2
        latency = cell["latency_us"]
        return {"cpu": cell["server_cpu_us"], "p50": latency["p50"], "p99": latency["p99"],
                "per_second": cell["rows_per_s"]}

    def model_us(self, core):
        """Microseconds of a run by its rows, where the server runs."""
        cells = self.run(core, "run", self.model, "--seconds", "0.05", "--rows",
                         ",".join(map(str, MODEL_ROWS)))["results"]
        return [cell["latency_us"]["p50"] for cell in cells]


# Of one row, in runs of so many rows: between the measured points along a line.
def per_row(times, rows):
    rows = min(max(rows, MODEL_ROWS[0]), MODEL_ROWS[-1])
    at = max(i for i, each in enumerate(MODEL_ROWS) if each <= rows)
    if MODEL_ROWS[at] == rows:
        return times[at] / rows
    share = (rows - MODEL_ROWS[at]) / (MODEL_ROWS[at + 1] - MODEL_ROWS[at])
    return (times[at] + share * (times[at + 1] - times[at])) / rows


def ratio(of, to):
    """Median of the rounds' ratios and where it lies with 95 %."""
    values = [a / b for a, b in zip(of, to)]
    pick = random.Random(1)
    medians = sorted(statistics.median(pick.choices(values, k=len(values))) for _ in range(4000))
    return {"median": statistics.median(values), "low": medians[100], "high": medians[3899]}


def measure(options, rivals, bench, core, http_port):
    cells = {}
    for number in range(options.rounds):
        for protocol, those in rivals.items():
            for in_flight in options.in_flight:
                times = bench.model_us(core) if protocol == "grpc" else None
                for i in range(len(those)):
                    rival = those[(number + i) % len(those)]
                    counts = rival.name == "mle-serve" and protocol == "grpc"
                    before = batches(http_port) if counts else None
                    cell = bench.serve(rival, protocol, in_flight)
                    if counts:
                        rows, runs, spent = (b - a for a, b in zip(before, batches(http_port)))
                        cell["batch"] = rows / runs
                        cell["model"] = per_row(times, cell["batch"])
                        # Each row of a run is counted with all of the run.
                        cell["model_there"] = spent / rows / cell["batch"]
                    cells.setdefault((protocol, in_flight, rival.name), []).append(cell)
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
    return cells


def column(cells, name):
    return [cell[name] for cell in cells]


def median(cells, name):
    return statistics.median(column(cells, name))


def text_of(r, must=None):
    text = f"{r['median']:.2f} [{r['low']:.2f}–{r['high']:.2f}]"
    return text + (" **above**" if must is not None and r["median"] > must else "")


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def grpc_report(cells, in_flights):
    rows, facts = [], []
    for in_flight in in_flights:
        ours, tiny, empty = (cells["grpc", in_flight, name]
                             for name in ("mle-serve", "mle-serve, 40→1", "empty_grpc"))
        cpu, there = (ratio([cell["cpu"] - cell[model] for cell in ours], column(empty, "cpu"))
                      for model in ("model", "model_there"))
        alone = ratio(column(tiny, "cpu"), column(empty, "cpu"))
        tail = ratio(column(ours, "p99"), column(empty, "p99"))
        facts.append({"in_flight": in_flight, "cpu_less_model": there, "cpu_less_warm_model": cpu,
                      "cpu_tiny": alone, "p99": tail})
        rows.append([str(in_flight), text_of(there, MUST_EMPTY_CPU), text_of(cpu), text_of(alone),
                     text_of(tail, MUST_EMPTY_P99 if in_flight == 100 else None),
                     f"{median(ours, 'cpu'):.1f}", f"{median(ours, 'model_there'):.2f}",
                     f"{median(ours, 'model'):.2f}",
                     f"{median(ours, 'batch'):.1f}", f"{median(empty, 'cpu'):.1f}",
                     f"{median(ours, 'p99'):.0f}", f"{median(empty, 'p99'):.0f}",
                     f"{median(ours, 'per_second'):.0f}", f"{median(empty, 'per_second'):.0f}"])
    header = ["in flight", "CPU less the model, mle ÷ empty", "less the model with its weights in cache",
              "CPU with 40→1, mle ÷ empty", "P99, mle ÷ empty", "mle CPU µs", "of it the model",
              "the model in cache µs", "rows of a run", "empty CPU µs", "mle P99 µs", "empty P99 µs",
              "mle answers/s", "empty answers/s"]
    return "#### gRPC, beside an empty service\n\n" + table(header, rows), facts


def http_report(cells, in_flights, names):
    rows, facts = [], []
    for in_flight in in_flights:
        ours = cells["http", in_flight, "mle-serve"]
        for name in names:
            theirs = cells["http", in_flight, name]
            against = "-"
            if name != "mle-serve":
                cpu = ratio(column(theirs, "cpu"), column(ours, "cpu"))
                facts.append({"in_flight": in_flight, "peer": name, "cpu": cpu})
                against = text_of(cpu)
                if name == "axum_candle" and cpu["median"] < MUST_AXUM:
                    against += " **behind**"
            rows.append([str(in_flight), name, against, f"{median(theirs, 'cpu'):.1f}",
                         f"{median(theirs, 'p50'):.0f}", f"{median(theirs, 'p99'):.0f}",
                         f"{median(theirs, 'per_second'):.0f}"])
    header = ["in flight", "server", "CPU, server ÷ mle", "CPU µs", "P50 µs", "P99 µs", "answers/s"]
    return "#### HTTP, JSON both ways\n\n" + table(header, rows), facts


def cpu_name():
    text = pathlib.Path("/proc/cpuinfo").read_text()
    found = [re.search(rf"^{key}\s*: (.*)$", text, re.M) for key in
             ("model name", "cpu family", "model")]
    name, family, model = (each[1] if each else "?" for each in found)
    return f"{name}, family {family} model {model}"


def start_all(options, core, stack):
    work, tools = options.work, pathlib.Path(__file__).parent
    ports = free_ports(7)
    ours = ["--model", f"W1={work / 'W1.mle'}", "--model", f"tiny={work / 'tiny.mle'}"]
    onnx, python = str(work / "W1.onnx"), sys.executable
    address = [f"127.0.0.1:{port}" for port in ports]
    commands = [
        ("mle-serve", ports[0], [str(options.bin / "mle-serve"), *ours, "--threads", "1", "--http", address[0], "--grpc", address[1]]),
        ("empty_grpc", ports[2], [str(options.bin / "empty_grpc"), address[2], WIDTHS[0]]),
        ("axum_candle", ports[3], [str(work / "axum_candle"), address[3], str(work / "W1.f32"),
                                   *WIDTHS]),
        ("fastapi_onnxruntime", ports[4],
         [python, str(tools / "fastapi_onnxruntime.py"), str(ports[4]), onnx]),
        ("mlserver_onnxruntime", ports[5],
         [python, str(tools / "mlserver_onnxruntime.py"), str(ports[5]), onnx, WIDTHS[0]]),
    ]
    started = {}
    for name, port, command in commands:
        if name != "mle-serve" and name not in options.peers:
            continue
        started[name] = Server(name, command, port, core, work / f"{name}.log")
        stack.callback(started[name].stop)
    for server in started.values():
        server.wait()
    at = {name: (server.port, server.process.pid, "W1") for name, server in started.items()}
    rivals = {}
    if "empty_grpc" in at:
        pid = at["mle-serve"][1]
        rivals["grpc"] = [Rival("mle-serve", ports[1], pid, "W1"),
                          Rival("mle-serve, 40→1", ports[1], pid, "tiny"),
                          Rival("empty_grpc", *at.pop("empty_grpc"))]
    if len(at) > 1:
        rivals["http"] = [Rival(name, *where) for name, where in at.items()]
        check_answers(rivals["http"])
    return rivals, ports[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of our programs")
    parser.add_argument("--work", type=pathlib.Path, required=True, help="models, peers and reports")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=1, help="of a turn")
    parser.add_argument("--in-flight", default="1,10,100", type=lambda text: [*map(int, text.split(","))])
    parser.add_argument("--peers", type=lambda text: text.split(","),
                        default=["empty_grpc", "axum_candle", "fastapi_onnxruntime",
                                 "mlserver_onnxruntime"])
    parser.add_argument("--command", default="measure.py")
    parser.add_argument("--commit", default="")
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    core, load_core = (cores[0], cores[-1]) if len(cores) > 1 else (None, None)
    begun, load = datetime.datetime.now(datetime.timezone.utc), os.getloadavg()[0]
    with contextlib.ExitStack() as stack:
        rivals, http_port = start_all(options, core, stack)
        cells = measure(options, rivals, Bench(options, load_core), core, http_port)
    title = (f"### {begun:%Y-%m-%d}, {cpu_name()}\n\nCommand `{options.command}`, begun "
             f"{begun:%H:%M} UTC from commit {options.commit}; {len(cores)} cores, load average "
             f"{load:.1f} before the run, {options.rounds} rounds of {options.seconds:g} s.\n")
    report, facts = [title], {"begun": begun.isoformat(), "cpu": cpu_name(), "load": load,
                              "command": options.command, "commit": options.commit}
    if "grpc" in rivals:
        text, facts["grpc"] = grpc_report(cells, options.in_flight)
        report.append(text)
    if "http" in rivals:
        names = [rival.name for rival in rivals["http"]]
        text, facts["http"] = http_report(cells, options.in_flight, names)
        report.append(text)
    facts["cells"] = [{"protocol": protocol, "in_flight": in_flight, "server": name, "rounds": rounds}
                      for (protocol, in_flight, name), rounds in cells.items()]
    (options.work / "report.md").write_text("\n".join(report))
    (options.work / "report.json").write_text(json.dumps(facts, indent=1) + "\n")
    print("\n".join(report))


if __name__ == "__main__":
    main()
