#!/usr/bin/env python3
"""mle-serve asked over HTTP: by the standard library, by bare sockets, by curl and by tritonclient."""
# SPDX-License-Identifier: Apache-2.0
import asyncio
import gzip
import http.client
import json
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

import ml_dtypes
import numpy as np
import tritonclient.http as triton
import tritonclient.http.aio as triton_aio
from tritonclient.utils import InferenceServerException

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from server import BIN, Models, Server, run_tests  # noqa: E402

LINEAR = "/v2/models/linear/infer"
ONE_ROW = {"inputs": [{"name": "x", "shape": [1, 3], "datatype": "FP32", "data": [1, 2, 4]}]}
NUMPY = {"FP32": np.float32, "FP64": np.float64, "FP16": np.float16, "INT8": np.int8,
         "UINT8": np.uint8, "INT16": np.int16, "UINT16": np.uint16, "INT32": np.int32,
         "UINT32": np.uint32, "INT64": np.int64, "UINT64": np.uint64, "BOOL": np.bool_,
         "BYTES": np.object_}


class Case(unittest.TestCase):
    flags = ()

    @classmethod
    def setUpClass(cls):
        cls.models = Models()
        cls.server = Server("--models", cls.models.path, *cls.flags)
        cls.host, port = cls.server.http.rsplit(":", 1)
        cls.port = int(port)
        cls.client = triton.InferenceServerClient(cls.server.http)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        status = cls.server.stop()
        messages = cls.server.messages()
        cls.models.close()
        assert status == 0, f"exit status {status}: {messages}"

    def ask(self, method, path, body=None, headers=None):
        """Status, headers and body; a body that is no bytes goes as JSON."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        try:
            if body is not None and not isinstance(body, (bytes, str)):
                body = json.dumps(body)
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def ask_json(self, method, path, body=None, headers=None):
        status, _, answer = self.ask(method, path, body, headers)
        return status, json.loads(answer) if answer else None

    def raw(self, *pieces, half_close=False):
        """Everything the server says to these bytes until it closes."""
        with socket.create_connection((self.host, self.port), timeout=30) as to:
            for piece in pieces:
                to.sendall(piece)
            if half_close:
                to.shutdown(socket.SHUT_WR)
            said = b""
            while more := to.recv(65536):
                said += more
            return said

    def infer_bytes(self, x, more=""):
        body = json.dumps({"inputs": [{"name": "x", "shape": [len(x), 3], "datatype": "FP32", "data": x}]})
        return (f"POST {LINEAR} HTTP/1.1\r\nHost: a\r\n{more}Content-Length: {len(body)}\r\n\r\n{body}").encode()


class Protocol(Case):
    def test_server_and_models_are_live_and_ready(self):
        for path in ("/v2/health/live", "/v2/health/ready", "/v2/models/linear/ready",
                     "/v2/models/versions/versions/3/ready"):
            self.assertEqual(self.ask("GET", path)[0], 200, path)
        self.assertEqual(self.ask_json("GET", "/v2/health/live"), (200, {"live": True}))
        self.assertEqual(self.ask_json("GET", "/v2/health/ready"), (200, {"ready": True}))
        self.assertEqual(self.ask_json("GET", "/v2/models/linear/ready"), (200, {"name": "linear", "ready": True}))
        self.assertEqual(self.ask("GET", "/v2/models/nobody/ready")[0], 404)
        self.assertEqual(self.ask("GET", "/v2/models/versions/versions/1/ready")[0], 503)

    def test_metadata(self):
        status, server = self.ask_json("GET", "/v2")
        self.assertEqual((status, server["name"]), (200, "mle-serve"))
        self.assertIn("binary_tensor_data", server["extensions"])
        status, two = self.ask_json("GET", "/v2/models/two")
        self.assertEqual(two["inputs"], [{"name": "x", "datatype": "FP32", "shape": [-1, 3]}])
        self.assertEqual([o["name"] for o in two["outputs"]], ["y", "z"])
        self.assertEqual(self.ask_json("GET", "/v2/models/versions")[1]["versions"], ["3"])
        status, error = self.ask_json("GET", "/v2/models/nobody")
        self.assertEqual(status, 404)
        self.assertIn("'nobody'", error["error"])

    def test_json_in_json_out(self):
        status, answer = self.ask_json("POST", LINEAR, dict(ONE_ROW, id="seven"))
        self.assertEqual(status, 200)
        self.assertEqual(answer, {"model_name": "linear", "model_version": "1", "id": "seven", "outputs": [
            {"name": "y", "datatype": "FP32", "shape": [1, 2], "data": [1.5, 2.5]}]})
        nested = {"inputs": [{"data": [[1, 2, 4], [5, 6, 7]], "datatype": "FP32", "shape": [2, 3], "name": "x"}]}
        self.assertEqual(self.ask_json("POST", LINEAR, nested)[1]["outputs"][0]["data"], [1.5, 2.5, 5.5, 6.5])

    def test_every_data_type_as_json(self):
        samples = {"BOOL": [True, False], "BYTES": ["héllo", ""], "FP16": [1.5, -2], "BF16": [1.5, -3],
                   "FP32": [0.1, -1.5], "FP64": [1e300, 0.1]}
        for name in list(NUMPY) + ["BF16"]:
            with self.subTest(name):
                values = samples.get(name)
                if values is None:
                    limits = np.iinfo(NUMPY[name])
                    values = [int(limits.min), int(limits.max)]
                given = {"inputs": [{"name": "x", "shape": [1, 2, 1], "datatype": name, "data": values}]}
                status, answer = self.ask_json("POST", f"/v2/models/echo_{name}/infer", given)
                self.assertEqual(status, 200, answer)
                self.assertEqual(answer["outputs"][0]["data"], values)

    def test_numbers_json_does_not_have(self):
        given = {"inputs": [{"name": "x", "shape": [1, 2, 1], "datatype": "FP64", "data": [None, "-Infinity"]}]}
        status, answer = self.ask_json("POST", "/v2/models/echo_FP64/infer", given)
        self.assertEqual(answer["outputs"][0]["data"], [None, float("-inf")])

    def test_what_does_not_fit_is_refused_by_name(self):
        def refused(status, part, body, path=LINEAR, headers=None):
            got, answer = self.ask_json("POST", path, body, headers)
            self.assertEqual(got, status, answer)
            self.assertIn(part, answer["error"])

        def given(**change):
            return {"inputs": [dict(ONE_ROW["inputs"][0], **change)]}

        refused(404, "'nobody'", ONE_ROW, "/v2/models/nobody/infer")
        refused(404, "version '9'", ONE_ROW, "/v2/models/linear/versions/9/infer")
        refused(400, "no JSON", b"{")
        refused(400, "no JSON", b"")
        refused(400, "no JSON", b"[" * 100_000)
        refused(400, "no JSON", b'{"inputs": [{"name": "\xff"}]}')
        refused(400, "no object", b"[]")
        refused(400, "'inputs'", {})
        refused(400, "is missing", {"inputs": []})
        refused(400, "'q'", given(name="q"))
        refused(400, "[rows, 3], given [1, 2]", given(shape=[1, 2], data=[1, 2]))
        refused(400, "2 elements", given(data=[1, 2]))
        refused(400, "f32, given as i32", given(datatype="INT32"))
        refused(400, "no data type 'FP31'", given(datatype="FP31"))
        refused(400, "no FP32", given(data=[1, 2, "x"]))
        refused(400, "no FP32", given(data=[1, 2, 1e39]))
        refused(400, "no FP32", given(data=7))
        refused(400, "shape", given(shape=[1.5, 3]))
        refused(400, "'binary_data_size'", given(parameters={"binary_data_size": -1}))
        refused(400, "beside bytes", given(parameters={"binary_data_size": 4}))
        refused(400, "'z'", dict(ONE_ROW, outputs=[{"name": "z"}]))
        refused(400, "larger than the body", ONE_ROW, headers={"Inference-Header-Content-Length": "1000000"})
        refused(400, "no number", ONE_ROW, headers={"Inference-Header-Content-Length": "x"})
        refused(400, "microseconds", dict(ONE_ROW, parameters={"timeout": "soon"}))
        for name, value in (("INT8", 128), ("UINT8", -1), ("INT64", 2**63), ("UINT64", -1), ("INT32", 1.5),
                            ("BOOL", 2), ("BYTES", 1)):
            body = {"inputs": [{"name": "x", "shape": [1, 2, 1], "datatype": name, "data": [value, value]}]}
            refused(400, "no " + name, body, f"/v2/models/echo_{name}/infer")

    def test_bytes_without_json(self):
        status, headers, body = self.ask("POST", LINEAR, struct.pack("<6f", 1, 2, 4, 5, 6, 7),
                                         {"Inference-Header-Content-Length": "0"})
        self.assertEqual(status, 200, body)
        size = int(headers["Inference-Header-Content-Length"])
        self.assertEqual(json.loads(body[:size])["outputs"][0]["shape"], [2, 2])
        self.assertEqual(struct.unpack("<4f", body[size:]), (1.5, 2.5, 5.5, 6.5))

    def test_packed_bodies_both_ways(self):
        rows = [[i, 0, 0] for i in range(2000)]
        plain = json.dumps({"inputs": [{"name": "x", "shape": [2000, 3], "datatype": "FP32", "data": rows}]}).encode()
        for name, pack, unpack in (("gzip", gzip.compress, gzip.decompress),
                                   ("deflate", zlib.compress, zlib.decompress)):
            status, headers, body = self.ask("POST", LINEAR, pack(plain),
                                             {"Content-Encoding": name, "Accept-Encoding": name})
            self.assertEqual((status, headers["Content-Encoding"]), (200, name))
            self.assertEqual(json.loads(unpack(body))["outputs"][0]["data"][3998], 1999.5)
            self.assertEqual(self.ask("POST", LINEAR, pack(plain)[:-9], {"Content-Encoding": name})[0], 400)
        self.assertEqual(self.ask("POST", LINEAR, plain, {"Content-Encoding": "br"})[0], 415)

    def test_index_statistics_and_configuration(self):
        status, index = self.ask_json("POST", "/v2/repository/index")
        by_name = {line["name"]: line for line in index}
        self.assertEqual(by_name["linear"]["state"], "READY")
        self.assertIn("unproven", by_name["echo_FP32"]["reason"])
        self.assertEqual(self.ask("POST", "/v2/repository/index", b"{")[0], 400)
        before = self.ask_json("GET", "/v2/models/linear/stats")[1]["model_stats"][0]
        self.ask("POST", LINEAR, ONE_ROW)
        after = self.ask_json("GET", "/v2/models/linear/stats")[1]["model_stats"][0]
        self.assertEqual(after["inference_stats"]["success"]["count"] -
                         before["inference_stats"]["success"]["count"], 1)
        config = self.ask_json("GET", "/v2/models/linear/config")[1]
        self.assertEqual(config["input"], [{"name": "x", "data_type": "TYPE_FP32", "dims": [3]}])
        self.assertEqual(self.ask("POST", "/v2/repository/models/linear/unload")[0], 403)

    def test_metrics(self):
        self.ask("POST", LINEAR, ONE_ROW)
        status, headers, body = self.ask("GET", "/metrics")
        self.assertTrue(headers["Content-Type"].startswith("text/plain; version=0.0.4"))
        values, seen = {}, set()
        for line in body.decode().splitlines():
            if line.startswith("# TYPE "):
                name = line.split()[2]
                self.assertNotIn(name, seen)
                seen.add(name)
            elif not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                self.assertNotIn(name, values)
                values[name] = float(value)
        linear = 'model="linear",version="1"'
        self.assertGreaterEqual(values[f'mle_requests_total{{{linear},code="ok"}}'], 1)
        self.assertEqual(values[f'mle_request_duration_seconds_count{{{linear}}}'],
                         values[f'mle_request_duration_seconds_bucket{{{linear},le="+Inf"}}'])
        self.assertEqual(values[f"nv_inference_request_success{{{linear}}}"],
                         values[f'mle_requests_total{{{linear},code="ok"}}'])
        self.assertGreater(values["process_resident_memory_bytes"], 1 << 20)

    @unittest.skipUnless(shutil.which("promtool"), "no promtool (Debian package prometheus)")
    def test_prometheus_finds_fault_with_tritons_names_alone(self):
        self.ask("POST", LINEAR, ONE_ROW)
        checked = subprocess.run(["promtool", "check", "metrics"], input=self.ask("GET", "/metrics")[2], capture_output=True)
        complaints = (checked.stdout + checked.stderr).decode().splitlines()
        self.assertEqual([line for line in complaints if not line.startswith("nv_inference_")], [])


class Wire(Case):
    flags = ("--max-request-mb", "1")

    def test_unknown_paths_and_methods(self):
        self.assertEqual(self.ask("GET", "/nobody")[0], 404)
        self.assertEqual(self.ask("GET", "/v2/models/%zz")[0], 404)
        status, headers, _ = self.ask("GET", LINEAR)
        self.assertEqual((status, headers["Allow"]), (405, "POST"))
        self.assertEqual(self.ask("DELETE", "/v2")[1]["Allow"], "GET, HEAD")

    def test_head_has_the_headers_of_get(self):
        status, headers, body = self.ask("HEAD", "/v2")
        self.assertEqual((status, body), (200, b""))
        self.assertEqual(int(headers["Content-Length"]), len(self.ask("GET", "/v2")[2]))

    def test_requests_in_one_write_are_answered_in_order_and_run_as_one(self):
        before = self.ask_json("GET", "/v2/models/linear/stats")[1]["model_stats"][0]["execution_count"]
        asked = b"".join(self.infer_bytes([[i, 0, 0]]) for i in range(63))
        asked += self.infer_bytes([[63, 0, 0]], "Connection: close\r\n")
        said = self.raw(asked)
        self.assertEqual(said.count(b"HTTP/1.1 200 OK"), 64)
        found = [float(part.split(b",")[0]) for part in said.split(b'"data":[')[1:]]
        self.assertEqual(found, [i + 0.5 for i in range(64)])
        after = self.ask_json("GET", "/v2/models/linear/stats")[1]["model_stats"][0]["execution_count"]
        self.assertLessEqual(after - before, 4)

    def test_chunks_and_single_bytes(self):
        body = json.dumps(ONE_ROW).encode()
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 7]), body[i:i + 7]) for i in range(0, len(body), 7))
        head = f"POST {LINEAR} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n".encode()
        self.assertIn(b"[1.5,2.5]", self.raw(head + chunks + b"0\r\n\r\n"))
        whole = self.infer_bytes([[1, 2, 4]], "Connection: close\r\n")
        self.assertIn(b"[1.5,2.5]", self.raw(*[whole[i:i + 1] for i in range(len(whole))]))

    def test_http_1_0_closes_unless_asked(self):
        self.assertTrue(self.raw(b"GET /v2/health/live HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.0 200"))
        kept = b"GET /v2/health/live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
        self.assertEqual(self.raw(kept + b"GET /v2/health/live HTTP/1.0\r\n\r\n").count(b" 200 OK"), 2)

    def test_who_stops_sending_is_still_answered(self):
        self.assertIn(b"[1.5,2.5]", self.raw(self.infer_bytes([[1, 2, 4]]), half_close=True))

    def test_expect_is_told_to_go_on_or_refused_first(self):
        body = json.dumps(ONE_ROW).encode()
        head = f"POST {LINEAR} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: "
        with socket.create_connection((self.host, self.port), timeout=30) as to:
            to.sendall(f"{head}{len(body)}\r\n\r\n".encode())
            self.assertTrue(to.recv(1000).startswith(b"HTTP/1.1 100 Continue\r\n\r\n"))
            to.sendall(body)
            self.assertIn(b" 200 OK", to.recv(65536))
        self.assertTrue(self.raw(f"{head}99999999\r\n\r\n".encode()).startswith(b"HTTP/1.1 413"))

    def test_large_bodies_and_bombs(self):
        self.assertEqual(self.ask("POST", LINEAR, b" " * (1 << 20) + b"x")[0], 413)
        self.assertEqual(self.ask("POST", LINEAR, gzip.compress(b" " * (64 << 20)), {"Content-Encoding": "gzip"})[0], 413)

    def test_damaged_requests_end_their_connection_alone(self):
        for damage in (b"\0\0\0\0", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                       b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n", b"GET / HTTP/1.1\r\nA" + b"a" * 20000,
                       b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"):
            said = self.raw(damage, half_close=True)
            self.assertRegex(said[:12], rb"^HTTP/1\.[01] (4|5)..|^$", damage[:40])
        self.assertEqual(self.ask("GET", "/v2/health/ready")[0], 200)

    @unittest.skipUnless(shutil.which("curl"), "curl is not installed")
    def test_curl(self):
        def curl(*arguments):
            return subprocess.run(["curl", "-sS", "--max-time", "30", *arguments], capture_output=True, check=True).stdout
        url = f"http://{self.server.http}"
        self.assertIn(b'"mle-serve"', curl(url + "/v2"))
        self.assertIn(b"[1.5,2.5]", curl(url + LINEAR, "-d", json.dumps(ONE_ROW)))
        self.assertIn(b"[1.5,2.5]", curl("--http1.0", url + LINEAR, "-d", json.dumps(ONE_ROW)))
        self.assertIn(b"[1.5,2.5]", curl(url + LINEAR, "-d", json.dumps(ONE_ROW), "-H", "Transfer-Encoding: chunked",
                                         "-H", "Expect: 100-continue"))
        big = {"inputs": [{"name": "x", "shape": [5000, 3], "datatype": "FP32", "data": [[1, 2, 4]] * 5000}]}
        self.assertEqual(len(json.loads(curl("--compressed", url + LINEAR, "-d", json.dumps(big)))["outputs"][0]["data"]), 10000)
        twice = curl("-o", os.devnull, url + "/v2/health/live", "-o", os.devnull, url + "/v2/health/live", "-w", "%{num_connects} %{http_code}\n")
        self.assertEqual(twice, b"1 200\n0 200\n")
        self.assertTrue(curl("-I", url + "/v2").startswith(b"HTTP/1.1 200"))


class Triton(Case):
    flags = ("--control", "explicit")

    def infer(self, model, x, datatype="FP32", binary=True, **more):
        given = triton.InferInput("x", list(x.shape), datatype)
        given.set_data_from_numpy(x, binary_data=binary)
        return self.client.infer(model, [given], **more)

    def test_server_and_models(self):
        self.assertTrue(self.client.is_server_live())
        self.assertTrue(self.client.is_server_ready())
        self.assertTrue(self.client.is_model_ready("linear"))
        self.assertFalse(self.client.is_model_ready("nobody"))
        self.assertEqual(self.client.get_server_metadata()["name"], "mle-serve")
        self.assertEqual(self.client.get_model_metadata("linear")["inputs"][0]["name"], "x")
        self.assertEqual(self.client.get_model_config("linear")["max_batch_size"], 1024)
        self.assertEqual(self.client.get_inference_statistics("linear")["model_stats"][0]["name"], "linear")
        self.assertEqual(self.client.get_trace_settings()["trace_level"], ["OFF"])
        self.assertEqual(self.client.get_system_shared_memory_status(), [])
        self.assertEqual(self.client.get_cuda_shared_memory_status(), [])

    def test_every_data_type_by_bytes_and_by_json(self):
        for name, kind in NUMPY.items():
            for binary in (True, False):
                with self.subTest(name, binary=binary):
                    x = np.array([1, 0], kind) if name != "BYTES" else np.array([b"a\xc3\xa9", b""], np.object_)
                    if name == "FP16" and not binary:
                        continue  # the client has no way to say it
                    x = x.reshape(1, 2, 1)
                    wanted = [triton.InferRequestedOutput("y", binary_data=binary)]
                    y = self.infer("echo_" + name, x, name, binary, outputs=wanted).as_numpy("y")
                    if name == "BYTES" and not binary:
                        self.assertEqual([str(v) for v in y.reshape(-1)], ["aé", ""])
                    else:
                        np.testing.assert_array_equal(y.reshape(-1), x.reshape(-1))

    def test_bf16(self):
        x = np.array([1.5, -3], ml_dtypes.bfloat16).reshape(1, 2, 1)
        given = triton.InferInput("x", [1, 2, 1], "BF16")
        given.set_data_from_numpy(x)
        y = self.client.infer("echo_BF16", [given]).as_numpy("y")
        np.testing.assert_array_equal(y.reshape(-1), [1.5, -3])

    def test_outputs_id_and_compression(self):
        x = np.arange(3000, dtype=np.float32).reshape(-1, 3)
        both = [triton.InferRequestedOutput("z"), triton.InferRequestedOutput("y", binary_data=False)]
        answer = self.infer("two", x, outputs=both, request_id="seven")
        self.assertEqual(answer.get_response()["id"], "seven")
        np.testing.assert_array_equal(answer.as_numpy("y"), x[:, :2])
        np.testing.assert_array_equal(answer.as_numpy("z")[:, 0], x[:, 2] + 10)
        for packed in ("gzip", "deflate"):
            answer = self.infer("linear", x, request_compression_algorithm=packed, response_compression_algorithm=packed)
            np.testing.assert_array_equal(answer.as_numpy("y"), x[:, :2] + np.float32(0.5))
        with self.assertRaises(InferenceServerException) as caught:
            self.infer("linear", x[:, :2].copy())
        self.assertIn("[rows, 3]", caught.exception.message())

    def test_many_at_once(self):
        client = triton.InferenceServerClient(self.server.http, concurrency=8)
        pending = []
        for i in range(200):
            given = triton.InferInput("x", [1, 3], "FP32")
            given.set_data_from_numpy(np.array([[i, 0, 0]], np.float32))
            pending.append(client.async_infer("linear", [given]))
        for i, each in enumerate(pending):
            self.assertEqual(each.get_result().as_numpy("y")[0][0], i + 0.5)
        client.close()

    def test_models_are_loaded_and_unloaded_by_request(self):
        x = np.array([[1, 2, 4]], np.float32)
        self.client.unload_model("versions")
        self.assertRaises(InferenceServerException, self.infer, "versions", x)
        self.client.load_model("versions")
        self.assertEqual(self.infer("versions", x).as_numpy("y")[0][0], 4)
        for name in ("nobody", "%2E%2E%2Fetc"):
            status, answer = self.ask_json("POST", f"/v2/repository/models/{name}/load")
            self.assertEqual(status, 404)
            self.assertIn("no file", answer["error"])
        # A page of somebody else, in a browser on this machine.
        self.assertEqual(self.ask("POST", "/v2/repository/models/versions/unload", None,
                                  {"Origin": "http://elsewhere"})[0], 403)

    def test_log_settings(self):
        self.assertIs(self.client.get_log_settings()["log_info"], True)
        self.assertIs(self.client.update_log_settings({"log_info": False})["log_info"], False)
        self.client.update_log_settings({"log_info": True})


class Aio(Case):
    def test_the_asynchronous_client(self):
        async def ask():
            async with triton_aio.InferenceServerClient(self.server.http) as client:
                self.assertTrue(await client.is_server_ready())
                metadata = await client.get_model_metadata("linear")
                self.assertEqual(metadata["inputs"][0]["shape"], [-1, 3])
                x = triton.InferInput("x", [1, 3], "FP32")
                for binary in (True, False):
                    x.set_data_from_numpy(np.array([[1, 2, 4]], np.float32), binary_data=binary)
                    wanted = [triton.InferRequestedOutput("y", binary_data=binary)]
                    answers = await asyncio.gather(*(client.infer("linear", [x], outputs=wanted) for _ in range(20)))
                    for answer in answers:
                        np.testing.assert_array_equal(answer.as_numpy("y"), [[1.5, 2.5]])
                with self.assertRaises(InferenceServerException):
                    await client.infer("nobody", [x])
        asyncio.run(ask())


class Key(Case):
    flags = ("--control", "explicit")

    @classmethod
    def setUpClass(cls):
        cls.key = "0123456789abcdef-key"
        cls.path = Models()
        path = os.path.join(cls.path.path, "key")
        with open(path, "w", encoding="utf-8") as file:
            file.write(cls.key + "\n")
        cls.flags = (*cls.flags, "--admin-key-file", path)
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.path.close()

    def test_only_who_has_the_key_changes_models(self):
        path = "/v2/repository/models/linear/load"
        for headers in ({}, {"Authorization": "Bearer 0123456789abcdef-kez"}, {"Authorization": "Bearer "},
                        {"Authorization": "Bearer " + self.key + "x"}, {"Authorization": "Basic " + self.key}):
            self.assertEqual(self.ask("POST", path, headers=headers)[0], 403, headers)
        self.assertEqual(self.ask("POST", path, headers={"Authorization": "Bearer " + self.key})[0], 200)


class Pages(Case):
    def test_pages_need_nothing_from_elsewhere(self):
        status, headers, page = self.ask("GET", "/")
        self.assertEqual(status, 200)
        self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
        self.assertNotRegex(page.decode().replace("http://www.w3.org/2000/svg", ""), "https?://")

    def test_every_described_path_is_there(self):
        status, api = self.ask_json("GET", "/v2/docs/openapi.json")
        self.assertEqual(status, 200)
        for path, methods in api["paths"].items():
            for method in set(methods) & {"get", "post"}:
                asked = path.replace("{model}", "linear").replace("{version}", "1")
                status, answer = self.ask_json(method.upper(), asked) if path not in ("/metrics",) else (200, {})
                self.assertNotIn("no such path", (answer or {}).get("error", "") if isinstance(answer, dict) else "", path)
                self.assertNotEqual(status, 405, path)


class Bench(Case):
    def test_mle_bench_asks_without_an_error(self):
        program = os.path.join(BIN, "mle-bench")
        for more in ([], ["--rate", "200", "--burst", "4"]):
            said = subprocess.run([program, "serve", self.server.http, "--model", "linear", "--concurrency", "1,8",
                                   "--seconds", "0.5", "--rows", "3", "--json", "-", *more], capture_output=True, check=True)
            report = json.loads(said.stdout)
            self.assertEqual([cell["concurrency"] for cell in report["results"]], [1, 8])
            for cell in report["results"]:
                self.assertEqual(cell["errors"], 0)
                self.assertGreater(cell["samples"], 10)
                self.assertLessEqual(cell["latency_us"]["p50"], cell["latency_us"]["p99"])
                self.assertIn("server_cpu_us", cell)
        self.assert_unknown_is_named([program, "serve", self.server.http])

    def assert_unknown_is_named(self, command):
        unknown = subprocess.run([*command, "--model", "nobody"], capture_output=True)
        self.assertEqual(unknown.returncode, 1)
        self.assertIn(b"'nobody'", unknown.stderr)

    def bench(self, *words):
        return subprocess.run([os.path.join(BIN, "mle-bench"), "serve", *words, "--seconds", "0.3", "--concurrency", "2"],
                              capture_output=True, text=True)

    def assert_compared(self, done):
        self.assertEqual(done.returncode, 0, done.stderr)
        cell = json.loads(done.stdout)["results"][0]
        for ratio in (cell["ratio"], cell["p99_ratio"]):
            self.assertLessEqual(0, ratio["low"])
            self.assertLessEqual(ratio["low"], ratio["value"])
            self.assertLessEqual(ratio["value"], ratio["high"])
        return cell

    def test_mle_bench_takes_turns_with_another_server(self):
        with tempfile.TemporaryDirectory() as folder:
            saved, page = os.path.join(folder, "saved.json"), os.path.join(folder, "page.html")
            ours = (self.server.http, "--model", "linear")
            cell = self.assert_compared(self.bench(*ours, "--against", self.server.http, "--json", "-", "--html", page))
            self.assertEqual(len(cell["rounds_us"]), len(cell["their_rounds_us"]))
            self.assertLess(cell["ratio"]["low"], 2)
            self.assertGreater(cell["ratio"]["high"], 0.5)
            self.assertIn("cpu_ratio", cell)
            with open(page, encoding="utf-8") as file:
                text = file.read()
            self.assertIn("Beside " + self.server.http, text)
            self.assertEqual(text.count("<polyline"), 2)
            self.assertEqual(self.bench(*ours, "--json", saved).returncode, 0)
            self.assert_compared(self.bench(*ours, "--against", saved, "--json", "-"))
            other = self.bench(*ours, "--against", saved, "--rows", "2")
            self.assertEqual(other.returncode, 1)
            self.assertIn("has no figures for 2 in flight", other.stderr)
            said = self.bench(*ours, "--against", saved, "--format", "md").stdout
            self.assertTrue(said.startswith("ratio "), said)
            self.assertIn("| in flight |", said)

    def test_mle_bench_starts_servers_of_its_own(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("a.mle", "b.mle"):
                shutil.copy(os.path.join(self.models.path, "linear.mle"), os.path.join(folder, name))
            a, b = os.path.join(folder, "a.mle"), os.path.join(folder, "b.mle")
            for protocol in ("http", "grpc"):
                done = self.bench(a, "--against", b, "--protocol", protocol, "--json", "-")
                cell = self.assert_compared(done)
                self.assertGreater(cell["server_cpu_us"], 0)
                self.assertIn("cpu_ratio", cell)
                self.assertEqual(json.loads(done.stdout)["model"], a)
            # Whoever waits for company is slower, and said to be.
            slow = f"{os.path.join(BIN, 'mle-serve')} --model m={a} --max-queue-delay-us 20000"
            self.assertEqual(self.bench(b, "--against", slow, "--fail-above", "5").returncode, 0)
            done = self.bench(slow, "--against", b, "--fail-above", "5")
            self.assertEqual(done.returncode, 1)
            self.assertIn("slower than " + b + " by more than 5.00 %", done.stderr)
            gone = self.bench(os.path.join(folder, "none.mle"))
            self.assertEqual(gone.returncode, 1)
            self.assertIn("does not say where it listens", gone.stderr)

    def test_mle_bench_compares_models_of_one_server(self):
        self.assert_compared(self.bench(self.server.http, "--model", "linear", "--against", "echo_INT64", "--json", "-"))

    def test_mle_bench_asks_over_grpc(self):
        command = [os.path.join(BIN, "mle-bench"), "serve", self.server.grpc, "--protocol", "grpc"]
        for model in ("linear", "echo_BYTES", "echo_INT64", "echo_BOOL", "echo_BF16"):
            more = ["--rate", "200", "--burst", "4"] if model == "echo_BYTES" else []
            said = subprocess.run([*command, "--model", model, "--concurrency", "1,12", "--seconds", "0.3", "--rows", "3",
                                   "--pid", str(self.server.process.pid), "--json", "-", *more],
                                  capture_output=True, check=True)
            report = json.loads(said.stdout)
            self.assertEqual((report["protocol"], report["model"]), ("grpc", model))
            for cell in report["results"]:
                self.assertEqual(cell["errors"], 0)
                self.assertGreater(cell["samples"], 0)
                self.assertGreater(cell["server_cpu_us"], 0)
        self.assert_unknown_is_named(command)


class Overload(Case):
    # Requests wait for company for seconds, and only one may.
    flags = ("--max-queue", "1", "--max-queue-delay-us", "10000000", "--max-batch", "2")

    def test_who_finds_the_queue_full_is_told_at_once(self):
        with socket.create_connection((self.host, self.port), timeout=30) as waits:
            waits.sendall(self.infer_bytes([[1, 2, 4]]))
            # The first is in the queue once a second is refused; health answers meanwhile.
            for _ in range(100):
                body = json.dumps(dict(ONE_ROW, parameters={"timeout": 1}))
                status, headers, answer = self.ask("POST", LINEAR, body)
                self.assertEqual(self.ask("GET", "/v2/health/ready")[0], 200)
                if status == 503:
                    break
            self.assertEqual((status, headers["Retry-After"]), (503, "1"), answer)
            metrics = self.ask("GET", "/metrics")[2].decode()
            self.assertIn("overloaded", metrics)
            for name in ("mle_requests_waiting", "nv_inference_pending_request_count"):
                self.assertIn(name + '{model="linear"} 1\n', metrics)


class Operations(Case):
    # Every request is slow, as each waits for company; metrics have an address of their own.
    flags = ("--metrics", "127.0.0.1:0", "--slow-request-ms", "1", "--max-queue-delay-us", "20000",
             "--log-format", "json", "--max-request-mb", "1", "--max-pending-mb", "1")
    TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    def slow_lines(self):
        lines = [json.loads(line) for line in self.server.messages().splitlines()]
        return [line for line in lines if line["what"] == "slow request"]

    def test_a_trace_is_passed_through_and_told_with_slow_requests(self):
        status, headers, _ = self.ask("POST", LINEAR, ONE_ROW, {"traceparent": self.TRACE})
        self.assertEqual((status, headers["traceparent"]), (200, self.TRACE))
        line = [each for each in self.slow_lines() if each["trace"]][-1]
        self.assertEqual((line["front"], line["model"], line["version"], line["rows"], line["trace"], line["rule"]),
                         ("http", "linear", "1", "1", self.TRACE.split("-")[1], "0"))
        self.assertGreaterEqual(float(line["ms"]), 20)
        self.assertGreaterEqual(float(line["ms"]), float(line["waited_ms"]))
        _, headers, _ = self.ask("GET", "/v2/health/live", headers={"traceparent": self.TRACE})
        self.assertEqual(headers["traceparent"], self.TRACE)
        _, headers, _ = self.ask("GET", "/v2/health/live", headers={"traceparent": self.TRACE.upper()})
        self.assertIsNone(headers["traceparent"])

    def test_slow_requests_are_counted_and_not_all_are_told(self):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        body = json.dumps(ONE_ROW)
        with socket.create_connection((self.host, self.port), timeout=30) as to:
            to.sendall(self.infer_bytes([[1, 2, 4]]) * 50)
            said = b""
            while said.count(b"200 OK") < 50:
                said += to.recv(65536)
        connection.close()
        slow = [line for line in self.ask("GET", "/metrics")[2].decode().splitlines()
                if line.startswith('mle_slow_requests_total{model="linear"')]
        self.assertGreaterEqual(int(slow[0].rsplit(" ", 1)[1]), 50, body)
        self.assertLess(len(self.slow_lines()), 50)

    def test_metrics_have_an_address_of_their_own(self):
        connection = http.client.HTTPConnection(self.server.metrics, timeout=30)
        found = {}
        for path in ("/metrics", "/v2/health/ready", "/v2/health/live", "/v2", "/", "/v2/models/linear"):
            connection.request("GET", path)
            answer = connection.getresponse()
            found[path] = answer.status, answer.read()
        connection.close()
        self.assertEqual([status for status, _ in found.values()], [200, 200, 200, 404, 404, 404])
        self.assertIn(b"mle_build_info", found["/metrics"][1])

    def test_bodies_are_bounded_together(self):
        # One that is half here holds most of what may be held.
        status = 0
        while status != 503:  # the one that holds may be the one that is refused: then again
            with socket.create_connection((self.host, self.port), timeout=30) as holds:
                holds.sendall(b"POST /v2 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + b" " * 900_000)
                while status != 503 and not select.select([holds], [], [], 0)[0]:
                    status, headers, _ = self.ask("POST", LINEAR, b" " * 200_000)
                self.assertEqual(self.ask("POST", LINEAR, ONE_ROW)[0], 200)
        self.assertEqual(headers["Retry-After"], "1")
        for _ in range(500):
            status = self.ask("POST", LINEAR, b" " * 200_000)[0]
            if status == 400:
                break
        self.assertEqual(status, 400)

    def test_axes_are_told_and_taken(self):
        _, config = self.ask_json("GET", "/v2/models/sequence/config")
        self.assertEqual(config["parameters"], {"axes.x": {"string_value": "leading"}})
        _, answer = self.ask_json("POST", "/v2/models/sequence/infer", {"inputs": [
            {"name": "x", "shape": [1, 2, 3], "datatype": "FP32", "data": [1, 2, 4, 5, 6, 7]}]})
        self.assertEqual((answer["outputs"][0]["shape"], answer["outputs"][0]["data"]), ([1, 2, 2], [1.5, 2.5, 5.5, 6.5]))


class Ends(unittest.TestCase):
    def start(self, *flags):
        models = Models()
        self.addCleanup(models.close)
        server = Server("--model", "linear=" + os.path.join(models.path, "linear.mle"), *flags)
        self.addCleanup(server.stop)
        host, port = server.http.rsplit(":", 1)
        return server, (host, int(port))

    def test_a_request_that_had_begun_is_answered_by_a_server_that_ends(self):
        server, where = self.start()
        body = json.dumps(ONE_ROW).encode()
        with socket.create_connection(where, timeout=30) as to, socket.create_connection(where, timeout=30) as idle:
            to.sendall(f"POST {LINEAR} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n".encode())
            idle.sendall(b"GET /v2/health/ready HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertIn(b"200 OK", idle.recv(65536))
            server.signal(signal.SIGTERM)
            self.assertEqual(idle.recv(65536), b"")
            to.sendall(body)
            said = b""
            while more := to.recv(65536):
                said += more
            self.assertIn(b"[1.5,2.5]", said)
            self.assertIn(b"Connection: close", said)
        self.assertEqual(server.stop(), 0)

    def test_patience_with_those_who_never_finish_is_bounded(self):
        server, where = self.start("--drain-seconds", "1")
        with socket.create_connection(where, timeout=30) as to:
            to.sendall(b"POST /v2 HTTP/1.1\r\n")
            server.signal(signal.SIGTERM)
            self.assertEqual(to.recv(65536), b"")
        self.assertEqual(server.stop(), 0)

    def test_a_storm_of_signals_holds_nobody_up(self):
        server, where = self.start()
        for _ in range(3000):
            server.signal(signal.SIGHUP)
        connection = http.client.HTTPConnection(*where, timeout=30)
        connection.request("POST", LINEAR, json.dumps(ONE_ROW))
        self.assertEqual(connection.getresponse().status, 200)
        connection.close()
        # It looks once for all signals that came before it looked, so that not much is left to do.
        begin = time.monotonic()
        self.assertEqual(server.stop(), 0)
        self.assertLess(time.monotonic() - begin, 30)

    def test_killed_and_started_again_it_answers_at_once(self):
        server, where = self.start()
        server.process.kill()
        server.process.wait()
        again, _ = self.start("--http", server.http)
        self.assertEqual(again.http, server.http)
        connection = http.client.HTTPConnection(*where, timeout=30)
        connection.request("POST", LINEAR, json.dumps(ONE_ROW))
        self.assertEqual(connection.getresponse().status, 200)
        connection.close()


if __name__ == "__main__":
    run_tests()
