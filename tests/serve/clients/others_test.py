#!/usr/bin/env python3
"""mle-serve asked by what people have beside tritonclient: ghz, grpc-health-probe, KServe's clients; and
the same questions to MLServer, whose answers must say the same.

What is not installed is skipped by its name. KServe and MLServer want other versions of the same
packages: each has an environment of its own, and this file runs in each."""
# SPDX-License-Identifier: Apache-2.0
import asyncio
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from server import Models, Server, run_tests  # noqa: E402

ROW = {"name": "x", "datatype": "FP32", "shape": [1, 3], "data": [1, 2, 4]}


def has(module):
    return importlib.util.find_spec(module) is not None


class Case(unittest.TestCase):
    flags = ()

    @classmethod
    def setUpClass(cls):
        cls.models = Models()
        cls.server = Server("--models", cls.models.path, *cls.flags)

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        cls.models.close()
        assert status == 0, f"exit status {status}: {cls.server.messages()}"


@unittest.skipUnless(shutil.which("ghz"), "no ghz (go install github.com/bojand/ghz/cmd/ghz@latest)")
class Ghz(Case):
    def test_it_finds_the_calls_by_reflection_and_no_call_fails(self):
        question = {"model_name": "linear", "inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 3],
                                                        "contents": {"fp32_contents": [1, 2, 4]}}]}
        for callers in (1, 10, 100):
            said = subprocess.run(
                ["ghz", "--insecure", "--call", "inference.GRPCInferenceService.ModelInfer", "-d", json.dumps(question),
                 "-c", str(callers), "-n", "3000", "-O", "json", self.server.grpc], capture_output=True, text=True, check=True)
            report = json.loads(said.stdout)
            self.assertEqual((report["count"], report["statusCodeDistribution"]), (3000, {"OK": 3000}), callers)


@unittest.skipUnless(shutil.which("grpc-health-probe"), "no grpc-health-probe (github.com/grpc-ecosystem/grpc-health-probe)")
class HealthProbe(Case):
    def probe(self, *words):
        return subprocess.run(["grpc-health-probe", "-addr=" + self.server.grpc, *words], capture_output=True).returncode

    def test_it_asks_for_the_server_and_for_every_model(self):
        self.assertEqual(self.probe(), 0)
        self.assertEqual(self.probe("-service=linear"), 0)
        self.assertEqual(self.probe("-service=nobody"), 3)  # answered, and not serving

    def test_a_server_that_is_gone_is_not_healthy(self):
        gone = Server("--models", self.models.path)
        self.assertEqual(gone.stop(), 0)
        asked = subprocess.run(["grpc-health-probe", "-addr=" + gone.grpc, "-connect-timeout=2s"], capture_output=True)
        self.assertNotEqual(asked.returncode, 0)


@unittest.skipUnless(has("kserve"), "no kserve (pip install kserve)")
class Kserve(Case):
    def request(self):
        from kserve import InferInput, InferRequest
        import numpy as np
        given = InferInput("x", [1, 3], "FP32")
        given.set_data_from_numpy(np.array([[1, 2, 4]], np.float32), binary_data=False)
        return InferRequest(model_name="linear", infer_inputs=[given], request_id="seven")

    def test_its_rest_client(self):
        from kserve import InferenceRESTClient
        from kserve.inference_client import RESTConfig

        async def ask():
            client = InferenceRESTClient(RESTConfig(protocol="v2", timeout=30))
            base = "http://" + self.server.http
            self.assertTrue(await client.is_server_live(base))
            self.assertTrue(await client.is_server_ready(base))
            self.assertTrue(await client.is_model_ready(base, "linear"))
            self.assertFalse(await client.is_model_ready(base, "nobody"))
            answer = await client.infer(base, self.request(), model_name="linear")
            self.assertEqual((answer.id, answer.model_name), ("seven", "linear"))
            self.assertEqual(answer.outputs[0].as_numpy().tolist(), [[1.5, 2.5]])
            with self.assertRaises(Exception) as caught:
                await client.infer(base, self.request(), model_name="nobody")
            self.assertIn("404", str(caught.exception))
            await client.close()
        asyncio.run(ask())

    def test_its_grpc_client(self):
        from kserve import InferenceGRPCClient

        async def ask():
            client = InferenceGRPCClient(self.server.grpc, timeout=30)
            self.assertTrue(await client.is_server_live())
            self.assertTrue(await client.is_server_ready())
            self.assertTrue(await client.is_model_ready("linear"))
            answer = await client.infer(self.request())
            self.assertEqual((answer.id, answer.model_name), ("seven", "linear"))
            self.assertEqual(answer.outputs[0].as_numpy().tolist(), [[1.5, 2.5]])
            await client.close()
        asyncio.run(ask())


# The models of write_models.cpp, said in numpy.
RUNTIME = '''
import numpy as np
from mlserver import MLModel
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import InferenceResponse, ResponseOutput


class Linear(MLModel):
    async def load(self):
        return True

    async def predict(self, payload):
        x = NumpyCodec.decode_input(payload.inputs[0]).astype(np.float32)
        y = x[:, :2] + np.float32(0.5)
        return InferenceResponse(id=payload.id, model_name=self.name, model_version=self.version, outputs=[
            ResponseOutput(name="y", datatype="FP32", shape=list(y.shape), data=y.reshape(-1).tolist())])
'''


@unittest.skipUnless(has("mlserver"), "no mlserver (pip install mlserver==1.7.1)")
class MlServer(Case):
    """The same body to both. What MLServer adds (parameters) is not compared."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = tempfile.TemporaryDirectory(prefix="mlserver_")
        with socket.socket() as one, socket.socket() as two, socket.socket() as three:
            for each in (one, two, three):
                each.bind(("127.0.0.1", 0))
            cls.port, grpc, metrics = (each.getsockname()[1] for each in (one, two, three))
        for name, text in (("linear.py", RUNTIME),
                           ("model-settings.json", json.dumps({"name": "linear", "implementation": "linear.Linear",
                                                               "parameters": {"version": "1"}})),
                           ("settings.json", json.dumps({"host": "127.0.0.1", "http_port": cls.port, "grpc_port": grpc,
                                                         "metrics_port": metrics, "parallel_workers": 0}))):
            with open(os.path.join(cls.folder.name, name), "w", encoding="utf-8") as file:
                file.write(text)
        cls.log = tempfile.TemporaryFile()
        cls.oracle = subprocess.Popen([os.path.join(os.path.dirname(sys.executable), "mlserver"), "start", cls.folder.name],
                                      stdout=cls.log, stderr=cls.log, cwd=cls.folder.name)
        for _ in range(600):
            if cls.oracle.poll() is not None or cls.ask(cls.port, "GET", "/v2/models/linear/ready")[0] == 200:
                return
            signal.sigtimedwait([], 0.1)

    @classmethod
    def tearDownClass(cls):
        cls.oracle.terminate()
        cls.oracle.wait(30)
        cls.log.close()
        cls.folder.cleanup()
        super().tearDownClass()

    @staticmethod
    def ask(port, method, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method, headers={"Content-Type": "application/json"},
                                         data=json.dumps(body).encode() if body is not None else None)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 0, b""

    def both(self, method, path, body=None):
        ours = self.ask(int(self.server.http.rsplit(":", 1)[1]), method, path, body)
        theirs = self.ask(self.port, method, path, body)
        self.assertNotEqual(theirs[0], 0, "MLServer does not answer")
        return ours, theirs

    def same(self, body):
        import numpy as np
        (status, ours), (expected, theirs) = self.both("POST", "/v2/models/linear/infer", body)
        self.assertEqual((status, expected), (200, 200), (ours, theirs))
        ours, theirs = json.loads(ours), json.loads(theirs)
        theirs.pop("parameters", None)
        for output in theirs["outputs"]:
            output.pop("parameters", None)
            # It writes out the digits of a double; the float is the same.
            output["data"] = [float(str(np.float32(value))) for value in output["data"]]
        if "id" not in body:
            theirs.pop("id", None)  # it makes one up
        self.assertEqual(ours, theirs)

    def test_answers_have_the_same_fields_and_values(self):
        self.same({"id": "seven", "inputs": [ROW]})
        self.same({"inputs": [ROW]})
        self.same({"inputs": [dict(ROW, data=[[1, 2, 4]])]})
        self.same({"id": "two rows", "inputs": [dict(ROW, shape=[2, 3], data=[1, 2, 4, -5, 1e-3, 7])]})
        self.same({"id": "outputs", "inputs": [ROW], "outputs": [{"name": "y"}]})
        self.same({"id": "parameters", "inputs": [dict(ROW, parameters={"content_type": "np"})], "parameters": {"custom": 1}})

    def test_paths_answer_with_the_same_status(self):
        for method, path, body in (("GET", "/v2/health/live", None), ("GET", "/v2/health/ready", None), ("GET", "/v2", None),
                                   ("GET", "/v2/models/linear", None), ("GET", "/v2/models/linear/ready", None),
                                   ("GET", "/v2/models/nobody", None), ("POST", "/v2/models/nobody/infer", {"inputs": [ROW]}),
                                   ("POST", "/v2/models/linear/versions/1/infer", {"inputs": [ROW]}),
                                   ("GET", "/v2/models/linear/infer", None), ("POST", "/v2/repository/index", {})):
            (ours, _), (theirs, _) = self.both(method, path, body)
            self.assertEqual(ours, theirs, (method, path))


if __name__ == "__main__":
    run_tests()
