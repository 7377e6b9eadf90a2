#!/usr/bin/env python3
"""What mle-serve promises under load, tried for minutes: reloads nobody notices, drains that lose
nothing, a start after a kill, overload, and callers who mean no good.

usage: soak.py [--reloads N] [--drains N] [--seconds S]

Failed or lost requests, memory and descriptors that stay are errors; durations are printed."""
# SPDX-License-Identifier: Apache-2.0
import argparse
import http.client
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from server import BIN, Models, Server  # noqa: E402

BODY = json.dumps({"inputs": [{"name": "x", "shape": [1, 3], "datatype": "FP32", "data": [1, 2, 4]}]}).encode()
ASK = b"POST /v2/models/linear/infer HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
failures = []


def check(good, what):
    print(("  ok    " if good else "  WRONG ") + what, flush=True)
    if not good:
        failures.append(what)


def where(server):
    host, port = server.http.rsplit(":", 1)
    return host, int(port)


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
    said, _ = process.communicate()
    return json.loads(said)["results"][0]


def line(cell):
    latency = cell["latency_us"]
    return (f"{cell['rows_per_s']:.0f} a second, P50 {latency['p50']:.0f} µs, P99 {latency['p99']:.0f} µs, "
            f"{cell['server_cpu_us']:.1f} µs of the server's CPU each, {cell['errors']} errors")


def alternate(server, seconds, disturb):
    """P99 while `disturb(stop)` runs over P99 without: the median over pairs of two-second windows."""
    ratios, errors = [], 0
    for _ in range(max(1, int(seconds / 4))):
        quiet = result(bench(server, 2, "--concurrency", "4"))
        stop = threading.Event()
        thread = threading.Thread(target=disturb, args=(stop,))
        thread.start()
        loud = result(bench(server, 2, "--concurrency", "4"))
        stop.set()
        thread.join()
        ratios.append(loud["latency_us"]["p99"] / quiet["latency_us"]["p99"])
        errors += quiet["errors"] + loud["errors"]
    return statistics.median(ratios), errors


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
        load = bench(server, 3600, "--concurrency", "8", protocol=protocol)
        for i in range(count // 2):
            reload_once(i)
            if i % max(1, count // 40) == 0:
                sizes.append(facts(server)[0])
        check(load.poll() is None, f"the callers over {protocol} are still there")
        load.kill()
        load.communicate()
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    bad = sum(float(each.rsplit(" ", 1)[1]) for each in text.splitlines()
              if each.startswith("mle_requests_total") and 'code="refused"' in each)
    check(failed == 0, f"no load failed of {count}")
    check(bad == 0, "no request was refused")
    half = sizes[len(sizes) // 2]
    check(sizes[-1] <= half * 1.1 + 2, f"memory: {sizes[0]:.1f} MB first, {half:.1f} in the middle, {sizes[-1]:.1f} last")

    def disturb(stop):
        i = 0
        while not stop.is_set():
            reload_once(i)
            i += 1
            stop.wait(0.05)

    ratio, errors = alternate(server, seconds, disturb)
    check(errors == 0, "no request failed meanwhile")
    print(f"  P99 with reloads over P99 without: {ratio:.2f} (median of windows)")
    check(server.stop() == 0, "ends in order")


def drains(models, count):
    print(f"{count} drains under load", flush=True)
    lost = asked = 0
    for _ in range(count):
        server = Server("--models", models.path)
        over, lock, begun = threading.Event(), threading.Lock(), threading.Semaphore(0)

        def call():
            nonlocal lost, asked
            connection = http.client.HTTPConnection(*where(server), timeout=60)
            connection.connect()
            first = True
            while not over.is_set():
                try:
                    connection.request("POST", "/v2/models/linear/infer", BODY)
                    answer = connection.getresponse()
                    good = answer.status == 200 and b"data" in answer.read()
                except (OSError, http.client.HTTPException):
                    good = False
                with lock:
                    asked += 1
                    lost += not good
                if first:
                    begun.release()
                first = False
                # Told that this is the last one: a good caller goes elsewhere.
                if not good or answer.headers.get("Connection") == "close":
                    return

        threads = [threading.Thread(target=call) for _ in range(8)]
        for thread in threads:
            thread.start()
        for _ in threads:
            begun.acquire(timeout=30)
        server.signal(signal.SIGTERM)
        for thread in threads:
            thread.join(30)
        over.set()
        check_status = server.stop()
        if check_status != 0:
            failures.append(f"exit status {check_status}")
    check(lost == 0, f"{asked} requests were asked, {lost} lost")


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
    check(statistics.median(times) <= 100, "within 100 ms")


def overload(models, seconds):
    print("overload", flush=True)
    server = Server("--models", models.path)
    peak = max((result(bench(server, seconds, "--concurrency", n)) for n in ("10", "100")), key=lambda c: c["rows_per_s"])
    print("  peak: " + line(peak))
    twice = result(bench(server, seconds, "--concurrency", "1000", "--rate", str(2 * peak["rows_per_s"])))
    print("  asked twice that: " + line(twice))
    resident, _ = facts(server)
    print(f"  of the peak: {100 * twice['rows_per_s'] / peak['rows_per_s']:.0f} %")
    check(resident < 512, f"memory: {resident:.0f} MB")
    check(server.stop() == 0, "ends in order")


def enemies(models, seconds):
    print("500 idle and 200 slow connections, garbage, messages too large", flush=True)
    server = Server("--models", models.path, "--max-request-mb", "1")
    result(bench(server, 1, "--concurrency", "4"))
    _, before = facts(server)

    def disturb(stop):
        held = []
        for i in range(700):
            to = socket.create_connection(where(server), timeout=30)
            if i >= 500:
                to.sendall(ASK[:20])
            held.append(to)
        grpc = server.grpc.rsplit(":", 1)
        bad = [b"\0" * 300, b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 500,
               b"POST /v2 HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 5000,
               ASK.replace(b"[1, 2, 4]", b"[1, 2]"), ASK[:-5] + b"}}}}}"]
        while not stop.is_set():
            for bytes_ in bad:
                for to in (where(server), (grpc[0], int(grpc[1]))):
                    try:
                        with socket.create_connection(to, timeout=30) as enemy:
                            enemy.sendall(bytes_)
                            enemy.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset
                    except OSError:
                        pass
            for to in held[500:]:
                try:
                    to.sendall(b"a")
                except OSError:
                    pass
            stop.wait(0.05)
        for to in held:
            to.close()

    ratio, errors = alternate(server, seconds, disturb)
    check(errors == 0, "no good request failed")
    print(f"  P99 of good callers over P99 without the others: {ratio:.2f} (median of windows)")
    for _ in range(100):
        resident, after = facts(server)
        if after <= before + 2:
            break
        time.sleep(0.1)
    check(after <= before + 2, f"descriptors: {before} before, {after} after; memory {resident:.1f} MB")
    check(server.stop() == 0, "ends in order")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--reloads", type=int, default=1000)
    parser.add_argument("--drains", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=40)
    options = parser.parse_args()
    models = Models()
    with open(os.path.join(models.path, "linear.mle"), "rb") as file, \
            open(os.path.join(models.path, "spare", "first.mle.kept"), "wb") as kept:
        kept.write(file.read())
    begin = time.monotonic()
    reloads(models, options.reloads, options.seconds)
    drains(models, options.drains)
    restarts(models, options.drains)
    overload(models, min(5, options.seconds))
    enemies(models, options.seconds)
    models.close()
    print(f"{time.monotonic() - begin:.0f} s, {len(failures)} wrong")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
