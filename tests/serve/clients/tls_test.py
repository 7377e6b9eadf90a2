#!/usr/bin/env python3
"""mle-serve over TLS: both fronts, certificates of callers, certificates that change."""
# SPDX-License-Identifier: Apache-2.0
import http.client
import os
import shutil
import socket
import ssl
import sys
import threading
import unittest

import grpc
import tritonclient.grpc.service_pb2 as published

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from server import Certificates, Models, Server, run_tests  # noqa: E402

ONE_ROW = b'{"inputs": [{"name": "x", "shape": [1, 3], "datatype": "FP32", "data": [1, 2, 4]}]}'


@unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
class Tls(unittest.TestCase):
    def start(self, *flags):
        models = Models()
        self.addCleanup(models.close)
        self.files = Certificates(models.path)
        server = Server("--model", "linear=" + os.path.join(models.path, "linear.mle"), "--tls-cert",
                        self.files.path("server.pem"), "--tls-key", self.files.path("server.key"),
                        *(self.files.authority if flag == "AUTHORITY" else flag for flag in flags))
        self.addCleanup(server.stop)
        host, port = server.http.rsplit(":", 1)
        self.where = (host, int(port))
        return server

    def context(self, client=False):
        context = ssl.create_default_context(cafile=self.files.authority)
        if client:
            context.load_cert_chain(self.files.path("client.pem"), self.files.path("client.key"))
        return context

    def ask(self, client=False, body=ONE_ROW):
        connection = http.client.HTTPSConnection(*self.where, timeout=30, context=self.context(client))
        try:
            connection.request("POST", "/v2/models/linear/infer", body)
            return connection.getresponse().read()
        finally:
            connection.close()

    def ask_grpc(self, server, client=False):
        pair = (self.files.read("client.key"), self.files.read("client.pem")) if client else (None, None)
        credentials = grpc.ssl_channel_credentials(self.files.read("ca.pem"), *pair)
        with grpc.secure_channel(server.grpc, credentials) as channel:
            call = channel.unary_unary("/inference.GRPCInferenceService/ServerLive",
                                       published.ServerLiveRequest.SerializeToString,
                                       published.ServerLiveResponse.FromString)
            return call(published.ServerLiveRequest(), timeout=20).live

    def serial(self):
        with socket.create_connection(self.where, timeout=30) as plain:
            with self.context().wrap_socket(plain, server_hostname="localhost") as spoken:
                return spoken.getpeercert()["serialNumber"]

    def test_both_fronts_speak_it_and_nothing_else(self):
        server = self.start()
        self.assertIn(b"[1.5,2.5]", self.ask())
        self.assertIn(b"[1.5,2.5]", self.ask(body=ONE_ROW + b" " * 300_000))
        self.assertTrue(self.ask_grpc(server))
        for garbage in (b"GET /v2 HTTP/1.1\r\nHost: a\r\n\r\n", b"\0" * 100, b"\x16\x03\x01\xff\xff" + b"x" * 500):
            with socket.create_connection(self.where, timeout=30) as to:
                to.sendall(garbage)
                said = b""
                try:
                    to.shutdown(socket.SHUT_WR)
                    while more := to.recv(65536):
                        said += more
                except OSError:  # the server may have hung up already
                    pass
                self.assertNotIn(b"HTTP/1", said)
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.load_verify_locations(self.files.authority)
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        old.minimum_version = ssl.TLSVersion.TLSv1
        with socket.create_connection(self.where, timeout=30) as to:
            self.assertRaises(OSError, old.wrap_socket, to, server_hostname="localhost")
        self.assertIn(b"[1.5,2.5]", self.ask())
        self.assertEqual(server.stop(), 0)

    def test_connections_of_an_age_speak_it_too(self):
        server = self.start("--grpc-connection-age-seconds", "1", "--tls-client-ca", "AUTHORITY")
        self.assertTrue(self.ask_grpc(server, client=True))
        self.assertRaises(grpc.RpcError, self.ask_grpc, server)
        self.assertEqual(server.stop(), 0)

    def test_callers_show_a_certificate_where_one_is_wanted(self):
        models = Models()
        self.addCleanup(models.close)
        authority = Certificates(models.path)
        server = self.start("--tls-client-ca", authority.authority)
        self.assertRaises(OSError, self.ask)
        self.assertRaises(OSError, self.ask, True)  # of another authority
        for name in ("client.pem", "client.key"):
            shutil.copy(authority.path(name), self.files.path(name))
        self.assertIn(b"[1.5,2.5]", self.ask(client=True))
        self.assertTrue(self.ask_grpc(server, client=True))
        self.assertRaises(grpc.RpcError, self.ask_grpc, server)

    def test_new_certificates_are_taken_without_a_restart(self):
        self.start()
        before = self.serial()
        self.files.make("server", "localhost")
        event = threading.Event()
        for _ in range(600):
            if self.serial() != before:
                break
            event.wait(0.05)
        self.assertNotEqual(self.serial(), before)

    def test_files_that_do_not_belong_together_do_not_start(self):
        with self.assertRaisesRegex(RuntimeError, "belong"):
            models = Models()
            self.addCleanup(models.close)
            files = Certificates(models.path)
            Server("--models", models.path, "--tls-cert", files.path("server.pem"), "--tls-key", files.path("client.key"))


if __name__ == "__main__":
    run_tests()
