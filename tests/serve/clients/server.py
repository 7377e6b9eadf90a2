"""mle-serve as a process: started on free ports of the loopback address, ended by its number."""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import shutil
import signal
import subprocess
import tempfile
import unittest

BIN = os.environ.get("MLE_BIN", "build/release/bin")
# Another build of the server alone, one with a sanitizer say.
SERVE = os.environ.get("MLE_SERVE", os.path.join(BIN, "mle-serve"))


class Told(unittest.TextTestResult):
    """Says why a test is left out, each reason once."""

    def addSkip(self, test, reason):
        if reason not in (why for _, why in self.skipped):
            self.stream.writeln("skipped: " + reason)
        super().addSkip(test, reason)


def run_tests():
    unittest.main(testRunner=unittest.TextTestRunner(resultclass=Told, warnings="ignore"))


class Models:
    """A folder with the models of write_models.cpp, gone with it."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="mle_clients_")
        self.path = self.folder.name
        subprocess.run([os.path.join(BIN, "mle_serve_models"), self.path], check=True)

    def put(self, kept, name):
        """Renames a copy of a kept model into place, as a deployer does."""
        beside = os.path.join(self.path, ".new")
        shutil.copy(os.path.join(self.path, "spare", kept + ".mle.kept"), beside)
        to = os.path.join(self.path, name)
        os.makedirs(os.path.dirname(to), exist_ok=True)
        os.replace(beside, to)

    def close(self):
        self.folder.cleanup()


class Certificates:
    """An authority, a certificate of the server and one of a client, in a folder, by openssl."""

    def __init__(self, folder):
        self.folder = folder
        self.authority = self.path("ca.pem")
        self.run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=authority",
                 "-keyout", self.path("ca.key"), "-out", self.authority)
        self.make("server", "localhost")
        self.make("client", "client")

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)

    def make(self, name, subject):
        """NAME.pem and NAME.key, renamed into place."""
        self.run("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=" + subject, "-keyout", self.path("new.key"),
                 "-out", self.path("new.csr"))
        with open(self.path("new.ext"), "w", encoding="utf-8") as file:
            file.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        self.run("x509", "-req", "-days", "1", "-in", self.path("new.csr"), "-CA", self.authority,
                 "-CAkey", self.path("ca.key"), "-CAcreateserial", "-extfile", self.path("new.ext"),
                 "-out", self.path("new.pem"))
        os.replace(self.path("new.key"), self.path(name + ".key"))
        os.replace(self.path("new.pem"), self.path(name + ".pem"))

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()


class Server:
    def __init__(self, *flags):
        self.log = tempfile.TemporaryFile("w+")
        where = []
        for front in ("--grpc", "--http"):
            where += [] if front in flags else [front, "127.0.0.1:0"]
        command = [SERVE, *where, *flags]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"mle-serve did not start ({self.process.wait()}): {self.messages()}")
        ready = json.loads(line)
        assert ready["ready"] is True, line
        self.grpc, self.http, self.metrics = ready["grpc"], ready["http"], ready["metrics"]
        self.asked_to_end = False

    def messages(self):
        self.log.seek(0)
        return self.log.read()

    def signal(self, number):
        self.asked_to_end = self.asked_to_end or number == signal.SIGTERM
        self.process.send_signal(number)

    def stop(self):
        """Ends it in order; returns its exit status. A second SIGTERM would end it at once."""
        if self.process.poll() is None and not self.asked_to_end:
            self.signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout=60)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self.process.stdout.close()
        return status
