#!/usr/bin/env python3
"""What mle-serve promises under load, tried for minutes: reloads nobody notices, drains that lose
nothing, a start after a kill, overload, and callers who mean no good.

usage: soak.py [--reloads N] [--drains N] [--seconds S] [--only PART,...] [--untimed]

Failed or lost requests, answers of two versions, memory and descriptors that stay are errors; so are durations beyond
what is promised, unless --untimed says that the server is one with a sanitizer (MLE_SERVE), or the machine a busy one."""
# SPDX-License-Identifier: Apache-2.0
import argparse
import http.client
import json
import os
import resource
import signal
import socket
import ssl
import statistics
import struct
import subprocess
import sys
import threading
import time

import grpc
import tritonclient.grpc.service_pb2 as published

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import h2  # noqa: E402
from server import BIN, Models, Server  # noqa: E402

INFER = "/inference.GRPCInferenceService/ModelInfer"

# How a caller over gRPC asks its library to watch health, and to ask elsewhere meanwhile.
WATCHING = json.dumps({"loadBalancingConfig": [{"round_robin": {}}], "healthCheckConfig": {"serviceName": ""}})
BODY = json.dumps({"inputs": [{"name": "x", "shape": [1, 3], "datatype": "FP32", "data": [1, 2, 4]}]}).encode()
ASK = b"POST /v2/models/linear/infer HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
failures = []
timed = True


def check(good, what):
    print(("  ok    " if good else "  WRONG ") + what, flush=True)
    if not good:
        failures.append(what)


def check_time(good, what):
    if timed:
        check(good, what)
    else:
        print("  seen  " + what, flush=True)


def where(server, front="http"):
    host, port = getattr(server, front).rsplit(":", 1)
    return host, int(port)


def question(*rows, model="linear"):
    """The message of a call over gRPC."""
    asked = published.ModelInferRequest(model_name=model)
    asked.inputs.add(name="x", datatype="FP32", shape=[len(rows), 3])
    asked.raw_input_contents.append(struct.pack(f"<{3 * len(rows)}f", *(value for row in rows for value in row)))
    return asked.SerializeToString()


def ends_well(server):
    status = server.stop()
    check(status == 0, f"ends in order ({status})" + ("" if status == 0 else ": " + server.messages()[-4000:]))


def facts(server):
    """Resident memory in MB, open descriptors."""
    with open(f"/proc/{server.process.pid}/statm", encoding="ascii") as file:
        resident = int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20
    return resident, len(os.listdir(f"/proc/{server.process.pid}/fd"))


def bench(server, seconds, *flags, protocol="http"):
    """One cell of mle-bench serve, started; result() waits for it."""
    target = server.http if protocol == "http" else server.grpc
    command = [os.path.join(BIN, "mle-bench"), "serve", target, "--protocol", protocol, "--model", "linear", "--pid",
               str(server.process.pid), "--seconds", str(seconds), "--json", "-", *flags]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def result(process):
    said, complaint = process.communicate()
    if process.returncode != 0:
        raise RuntimeError("mle-bench: " + complaint)
    return json.loads(said)["results"][0]


def line(cell):
    if "latency_us" not in cell:
        return "nothing was answered in time"
    latency = cell["latency_us"]
    return (f"{cell['rows_per_s']:.0f} a second, P50 {latency['p50']:.0f} µs, P99 {latency['p99']:.0f} µs, "
            f"{cell['server_cpu_us']:.1f} µs of the server's CPU each, {cell['errors']} errors")


def alternate(server, seconds, disturb, protocol="http"):
    """P99 while `disturb(stop)` runs over P99 without: the median over pairs of two-second windows. Who disturbs does
    so at low priority: on another machine it would take no processor from the server either."""
    def gently(stop):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
        disturb(stop)

    ratios, errors = [], 0
    for _ in range(max(1, int(seconds / 4))):
        quiet = result(bench(server, 2, "--concurrency", "4", "--rate", "1000", protocol=protocol))
        stop = threading.Event()
        thread = threading.Thread(target=gently, args=(stop,))
        thread.start()
        try:
            loud = result(bench(server, 2, "--concurrency", "4", "--rate", "1000", protocol=protocol))
        finally:  # or nobody would ever stop who disturbs
            stop.set()
            thread.join()
        ratios.append(loud["latency_us"]["p99"] / quiet["latency_us"]["p99"])
        errors += quiet["errors"] + loud["errors"]
    return statistics.median(ratios), errors


class Witness(threading.Thread):
    """Asks five rows at a time, over HTTP or gRPC, and looks whether one version answered all of them."""

    ROWS = [[i, 2 * i, 4 * i] for i in range(5)]

    def __init__(self, server, front):
        super().__init__(daemon=True)
        self.server, self.front = server, front
        self.stop, self.seen, self.mixed, self.failed = threading.Event(), {}, 0, 0
        self.start()

    def run(self):
        body = json.dumps({"inputs": [{"name": "x", "shape": [5, 3], "datatype": "FP32", "data": self.ROWS}]})
        connection, message = http.client.HTTPConnection(*where(self.server), timeout=60), question(*self.ROWS)
        with grpc.insecure_channel(self.server.grpc) as channel:
            call = channel.unary_unary(INFER, None, published.ModelInferResponse.FromString)
            while not self.stop.is_set():
                try:
                    if self.front == "grpc":
                        y = struct.unpack("<10f", call(message, timeout=60).raw_output_contents[0])
                    else:
                        connection.request("POST", "/v2/models/linear/infer", body)
                        y = tuple(json.loads(connection.getresponse().read())["outputs"][0]["data"])
                    self.seen[y] = self.seen.get(y, 0) + 1
                except (OSError, KeyError, http.client.HTTPException, grpc.RpcError):
                    self.failed += 1
        connection.close()

    def finish(self):
        self.stop.set()
        self.join()
        return self


def reloads(models, count, seconds):
    print(f"{count} reloads under load", flush=True)
    server = Server("--models", models.path, "--control", "explicit")
    connection = http.client.HTTPConnection(*where(server), timeout=60)
    failed, sizes = 0, []

    def reload_once(i):
        nonlocal failed
        models.put("other", "linear.mle") if i % 2 else models.put("first", "linear.mle")
        connection.request("POST", "/v2/repository/models/linear/load")
        answer = connection.getresponse()
        answer.read()
        failed += answer.status != 200

    for protocol in ("http", "grpc"):
        load, witness = bench(server, 3600, "--concurrency", "8", protocol=protocol), Witness(server, protocol)
        for i in range(count // 2):
            reload_once(i)
            if i % max(1, count // 40) == 0:
                sizes.append(facts(server)[0])
        check(load.poll() is None, f"the callers over {protocol} are still there")
        load.kill()
        load.communicate()
        witness.finish()
        check(witness.failed == 0 and len(witness.seen) == 2,
              f"{sum(witness.seen.values())} answers over {protocol}, each of one version: {sorted(witness.seen.values())}; "
              f"{witness.failed} failed")
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    bad = sum(float(each.rsplit(" ", 1)[1]) for each in text.splitlines()
              if each.startswith("mle_requests_total") and 'code="refused"' in each)
    check(failed == 0, f"no load failed of {count}")
    check(bad == 0, "no request was refused")
    half = sizes[len(sizes) // 2]
    check_time(sizes[-1] <= half * 1.1 + 2, f"memory: {sizes[0]:.1f} MB first, {half:.1f} in the middle, {sizes[-1]:.1f} last")

    def disturb(stop):
        i = 0
        while not stop.is_set():
            reload_once(i)
            i += 1
            stop.wait(0.05)

    for protocol in ("http", "grpc"):
        ratio, errors = alternate(server, seconds, disturb, protocol)
        check(errors == 0, f"no request over {protocol} failed meanwhile")
        check_time(ratio <= 1.2, f"P99 over {protocol} with reloads over P99 without: {ratio:.2f} (median of windows)")
    connection.close()
    ends_well(server)


def drains(models, count, age):
    """With an `age` of connections over gRPC nobody may be told CANCELLED; with 0 those who do not watch health may."""
    print(f"{count} drains under load" + (f", connections over gRPC end when they are {age} seconds old" if age else ""),
          flush=True)
    fronts = ("HTTP", "gRPC by callers who watch health", "gRPC by callers who do not")
    asked, lost, refused = (dict.fromkeys(fronts, 0) for _ in range(3))
    unlucky, times = 0, []
    for _ in range(count):
        server = Server("--models", models.path, "--drain-lag-seconds", "1", "--grpc-connection-age-seconds", str(age))
        over, lock, begun = threading.Event(), threading.Lock(), threading.Semaphore(0)

        def over_http():
            connection = http.client.HTTPConnection(*where(server), timeout=60)
            connection.connect()
            while not over.is_set():
                try:
                    connection.request("POST", "/v2/models/linear/infer", BODY)
                    answer = connection.getresponse()
                    good = answer.status == 200 and b"data" in answer.read()
                except (OSError, http.client.HTTPException):
                    good = False
                yield good
                # Told that this is the last one: a good caller goes elsewhere.
                if not good or answer.headers.get("Connection") == "close":
                    break
            connection.close()

        def over_grpc(watching):
            message = question([1, 2, 4])
            options = [("grpc.use_local_subchannel_pool", 1)]
            if watching:
                options.append(("grpc.service_config", WATCHING))
            with grpc.insecure_channel(server.grpc, options) as channel:
                call = channel.unary_unary(INFER, None, published.ModelInferResponse.FromString)
                while not over.is_set():
                    try:
                        yield len(call(message, timeout=60).raw_output_contents) == 1
                    except grpc.RpcError as error:
                        # The caller's own library knows that the server is not ready, or that nobody listens any
                        # more: the call never left, and goes elsewhere. A connection that breaks is no such thing.
                        if error.code() == grpc.StatusCode.UNAVAILABLE and (
                            "failed to connect to all addresses" in error.details() or "health" in error.details()
                        ):
                            with lock:
                                refused[fronts[1 if watching else 2]] += 1
                            return
                        # Who asks on without watching, on a connection without an age, may meet gRPC ending it: told
                        # so, never begun (docs/serving.md). Anything else is lost.
                        nonlocal unlucky
                        if error.code() == grpc.StatusCode.CANCELLED and not watching and not age:
                            unlucky += 1
                            return
                        print("  " + error.code().name + ": " + error.details())
                        yield False
                        return

        def call(front, ask):
            for number, good in enumerate(ask()):
                with lock:
                    asked[front] += 1
                    lost[front] += not good
                if number == 0:
                    begun.release()

        callers = zip(fronts, (over_http, lambda: over_grpc(True), lambda: over_grpc(False)))
        threads = [threading.Thread(target=call, args=pair) for pair in list(callers) * 4]
        for thread in threads:
            thread.start()
        for _ in threads:
            begun.acquire(timeout=30)
        server.signal(signal.SIGTERM)
        begin = time.monotonic()
        for thread in threads:
            thread.join(60)
        over.set()
        status = server.stop()
        if status != 0:
            check(False, f"exit status {status}: {server.messages()[-4000:]}")
        times.append(time.monotonic() - begin)
    for front in fronts:
        check(lost[front] == 0, f"{asked[front]} requests were asked over {front}, {lost[front]} lost")
    print(f"  callers over gRPC who found the door shut or the server not ready, and would ask elsewhere: {refused[fronts[1]]} "
          f"who watch, {refused[fronts[2]]} who do not, of {4 * count} each")
    print(f"  {unlucky} calls of those who do not came when it had begun to end, and were told CANCELLED")
    print(f"  from SIGTERM to the end: median {statistics.median(times):.1f} s, longest {max(times):.1f} s")


def ages(models, seconds):
    """Callers whose connections end every second notice nothing but the time it takes to make another."""
    print("connections over gRPC of one second", flush=True)
    server = Server("--models", models.path, "--grpc-connection-age-seconds", "1")
    before = facts(server)[1]
    ask_until, times, failed = time.monotonic() + seconds, [], []

    def call():
        message = question([1, 2, 4])
        with grpc.insecure_channel(server.grpc, [("grpc.use_local_subchannel_pool", 1)]) as channel:
            infer = channel.unary_unary(INFER)
            while time.monotonic() < ask_until:
                begin = time.monotonic()
                try:
                    infer(message, timeout=15)
                except grpc.RpcError as error:
                    failed.append(error.code().name + ": " + error.details())
                times.append(time.monotonic() - begin)

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(not failed, f"{len(times)} requests on some {8 * int(seconds)} connections, {len(failed)} failed {failed[:3]}")
    check_time(max(times) < 1, f"the longest took {1000 * max(times):.0f} ms")
    for _ in range(200):
        if facts(server)[1] <= before + 2:
            break
        time.sleep(0.05)
    check(facts(server)[1] <= before + 2, f"descriptors: {before} before, {facts(server)[1]} after")
    ends_well(server)


def restarts(models, count):
    print(f"{count} times killed and started again", flush=True)
    address, times = "127.0.0.1:0", []
    for _ in range(count):
        begin = time.monotonic()
        server = Server("--model", "linear=" + os.path.join(models.path, "linear.mle"), "--http", address)
        with socket.create_connection(where(server), timeout=30) as to:
            to.sendall(ASK)
            good = b"200 OK" in to.recv(65536)
        times.append((time.monotonic() - begin) * 1000)
        address = server.http
        server.process.kill()
        server.stop()
        if not good:
            failures.append("no answer after a restart")
    print(f"  from start to answer: median {statistics.median(times):.0f} ms, worst {max(times):.0f} ms")
    check_time(max(times) <= 100, "within 100 ms")


def overload(models, seconds):
    """Short windows in turns, and the median of their ratios: the speed of a machine may change within seconds."""
    print("overload", flush=True)
    for protocol in ("http", "grpc"):
        server = Server("--models", models.path, "--max-pending-mb", "128")
        result(bench(server, 2, "--concurrency", "4", protocol=protocol))
        peaks = {n: result(bench(server, seconds, "--concurrency", n, protocol=protocol))["rows_per_s"] for n in ("10", "100")}
        most = max(peaks, key=peaks.get)
        ratios = []
        for _ in range(7):
            peak = result(bench(server, 2, "--concurrency", most, protocol=protocol))
            twice = result(bench(server, 2, "--concurrency", "1000", "--rate", str(2 * peak["rows_per_s"]), protocol=protocol))
            ratios.append(twice["rows_per_s"] / peak["rows_per_s"])
            print(f"  over {protocol}, peak: {line(peak)}\n  asked twice that: {line(twice)}", flush=True)
        check_time(statistics.median(ratios) >= 0.9, f"of the peak over {protocol}: {100 * statistics.median(ratios):.0f} % "
                   f"({100 * min(ratios):.0f} to {100 * max(ratios):.0f})")
        check_time(facts(server)[0] < 256, f"memory: {facts(server)[0]:.0f} MB, 128 were for what is under way")
        ends_well(server)


def hello_of_tls():
    """What a caller says first who takes a plain port for one of TLS."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        ssl._create_unverified_context().wrap_bio(incoming, outgoing).do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


class Enemies:
    """Callers who mean no good, of both fronts: those who only hold on, and what is said once and reset."""

    def __init__(self, server, idle, slow):
        self.server, self.held, self.slow = server, [], []
        opening = h2.PREFACE + h2.frame(h2.SETTINGS, 0, 0) + h2.frame(h2.HEADERS, h2.END_HEADERS, 1, h2.headers(INFER, True))
        for front, first in (("http", ASK[:20]), ("grpc", opening)):
            for i in range(idle + slow):
                to = socket.create_connection(where(server, front), timeout=30)
                self.held.append(to)
                if i >= idle:
                    to.sendall(first)
                    self.slow.append((to, ASK[20:] if front == "http" else h2.frame(h2.DATA, 0, 1, h2.message(b"\0" * 16000)), [0]))
        huge = struct.pack(">I", 2**31 - 1)
        self.said = {
            "http": [b"\0" * 300, hello_of_tls(), h2.PREFACE + b"\xff" * 500, os.urandom(2000),
                     b"POST /v2 HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n",
                     b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 5000,
                     b"POST /v2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n",
                     ASK.replace(b"[1, 2, 4]", b"[1, 2]") * 20, ASK[:-5] + b"}}}}}", ASK.replace(b"inputs", b"\xff\xfe\xfd\xfc  ")],
            "grpc": [b"\0" * 300, hello_of_tls(), os.urandom(2000), h2.PREFACE + b"\xff" * 500, h2.PREFACE + os.urandom(2000),
                     b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
                     opening + h2.frame(h2.DATA, h2.END_STREAM, 1, b"\0" + huge + b"x" * 1000),
                     opening + h2.frame(h2.DATA, h2.END_STREAM, 1, h2.message(b"\xff" * 100)),
                     opening + h2.frame(h2.DATA, h2.END_STREAM, 1, h2.message(question([1, 2, 4])[:-3])),
                     opening + h2.frame(h2.DATA, h2.END_STREAM, 1, h2.message(question([1, 2, 4], model="nobody"))),
                     opening + h2.frame(h2.SETTINGS, 0, 0, b"\0" * 5), opening + h2.frame(h2.WINDOW_UPDATE, 0, 0, b"\0" * 4)],
        }

    def once(self, front, said):
        try:
            with socket.create_connection(where(self.server, front), timeout=30) as to:
                to.sendall(said)
                to.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # closes by a reset
        except OSError:  # the server was faster
            pass

    def resets(self, count):
        """Calls that are taken back as soon as they are made, on one connection."""
        try:
            connection = h2.Connection(self.server.grpc)
            message, said = question([1, 2, 4]), b""
            for _ in range(count):
                stream = connection.next_stream
                said += connection.call(INFER, message) + h2.frame(h2.RST_STREAM, 0, stream, b"\0\0\0\x08")
            connection.socket.sendall(said)
            connection.close()
        except (OSError, EOFError):
            pass

    def disturb(self, stop):
        while not stop.is_set():
            for front, texts in self.said.items():
                for said in texts:
                    self.once(front, said)
            self.resets(50)
            for to, text, at in self.slow:  # a byte more of each
                try:
                    to.sendall(text[at[0]:at[0] + 1])
                    at[0] += 1
                except OSError:
                    pass
            stop.wait(0.05)

    def go(self):
        for to in self.held:
            to.close()


def enemies(models, seconds):
    print("500 idle and 200 slow connections of each front, garbage, TLS, resets, what is too large or malformed", flush=True)
    server = Server("--models", models.path, "--max-request-mb", "1")
    for protocol in ("http", "grpc"):
        result(bench(server, 1, "--concurrency", "4", protocol=protocol))
    _, before = facts(server)
    for protocol in ("http", "grpc"):
        quiet_or_not = []

        def disturb(stop):
            bad = Enemies(server, 500, 200)
            quiet_or_not.append(facts(server)[1])
            bad.disturb(stop)
            bad.go()

        ratio, errors = alternate(server, seconds, disturb, protocol)
        check(errors == 0, f"no good request over {protocol} failed")
        check_time(ratio <= 2, f"P99 of good callers over {protocol} over P99 without the others: {ratio:.2f} (median of windows)")
        check(max(quiet_or_not) >= before + 1000, f"the others were there: {max(quiet_or_not)} descriptors")
    for _ in range(300):
        resident, after = facts(server)
        if after <= before + 2:
            break
        time.sleep(0.1)
    check(after <= before + 2, f"descriptors: {before} before, {after} after; memory {resident:.1f} MB")
    ends_well(server)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--reloads", type=int, default=1000)
    parser.add_argument("--drains", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--only", default="reloads,drains,aged-drains,ages,restarts,overload,enemies")
    parser.add_argument("--untimed", action="store_true")
    options = parser.parse_args()
    global timed
    timed = not options.untimed
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    models = Models()
    with open(os.path.join(models.path, "linear.mle"), "rb") as file, \
            open(os.path.join(models.path, "spare", "first.mle.kept"), "wb") as kept:
        kept.write(file.read())
    begin = time.monotonic()
    for name, part in (("reloads", lambda: reloads(models, options.reloads, options.seconds)),
                       ("drains", lambda: drains(models, options.drains, 0)),
                       ("aged-drains", lambda: drains(models, options.drains, 2)),
                       ("ages", lambda: ages(models, min(20, options.seconds))),
                       ("restarts", lambda: restarts(models, options.drains)),
                       ("overload", lambda: overload(models, min(5, options.seconds))),
                       ("enemies", lambda: enemies(models, options.seconds))):
        if name in options.only.split(","):
            part()
    models.close()
    print(f"{time.monotonic() - begin:.0f} s, {len(failures)} wrong")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
