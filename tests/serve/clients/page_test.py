#!/usr/bin/env python3
"""The status page in a headless Chromium, by its DevTools: what a person would see and click."""
# SPDX-License-Identifier: Apache-2.0
import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

import aiohttp

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from server import Models, Server, run_tests  # noqa: E402

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-default-apps", "--disable-sync", "--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-port=0"]


class Browser:
    """One page. Every request it makes is kept in `asked`."""

    def __init__(self):
        # The browser's helpers outlive it by a moment, and write.
        self.folder = tempfile.TemporaryDirectory(prefix="mle_page_", ignore_cleanup_errors=True)
        self.process = subprocess.Popen([CHROMIUM, *FLAGS, "--user-data-dir=" + self.folder.name, "about:blank"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                        start_new_session=True)
        self.said = []
        for line in self.process.stderr:
            self.said.append(line)
            if line.startswith("DevTools listening on "):
                break
        else:
            raise RuntimeError("chromium did not start: " + "".join(self.said))
        self.address = line.split("//")[1].split("/")[0]
        self.asked, self.complaints, self.number = [], [], 0

    async def __aenter__(self):
        self.session = aiohttp.ClientSession()
        async with self.session.get(f"http://{self.address}/json/list") as answer:
            page = next(each for each in await answer.json(content_type=None) if each["type"] == "page")
        self.socket = await self.session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=1 << 26)
        for domain in ("Page", "Runtime", "Network", "Log"):
            await self.do(domain + ".enable")
        return self

    async def __aexit__(self, *_):
        await self.session.close()
        self.process.terminate()
        self.process.wait(30)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.stderr.close()
        self.folder.cleanup()

    def hear(self, event):
        name, given = event.get("method"), event.get("params", {})
        if name == "Network.requestWillBeSent":
            self.asked.append((given["request"]["method"], given["request"]["url"]))
        elif name == "Runtime.exceptionThrown":
            self.complaints.append(given["exceptionDetails"]["text"])
        elif name == "Log.entryAdded" and given["entry"]["level"] == "error":
            self.complaints.append(given["entry"]["text"] + " " + given["entry"].get("url", ""))

    async def do(self, method, **given):
        self.number += 1
        await self.socket.send_json({"id": self.number, "method": method, "params": given})
        while True:
            said = json.loads((await asyncio.wait_for(self.socket.receive(), 60)).data)
            if said.get("id") == self.number:
                if "error" in said:
                    raise RuntimeError(method + ": " + said["error"]["message"])
                return said["result"]
            self.hear(said)

    async def run(self, script):
        """What an expression is on the page; promises are waited for."""
        said = await self.do("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in said:
            raise RuntimeError(json.dumps(said["exceptionDetails"]))
        return said["result"].get("value")

    async def until(self, condition):
        """Waits on the page, in the page's own time, until an expression is true."""
        return await self.run(f"""new Promise(good => {{
            const began = performance.now();
            const look = () => ({condition}) ? good(true) : performance.now() - began > 30000 ? good(false) : requestAnimationFrame(look);
            look();
        }})""")


@unittest.skipUnless(CHROMIUM, "no chromium (Debian package chromium)")
class Page(unittest.TestCase):
    def setUp(self):
        self.models = Models()
        self.addCleanup(self.models.close)
        self.server = Server("--models", self.models.path)
        self.addCleanup(self.server.stop)

    def test_a_person_sees_the_models_and_asks_one(self):
        asyncio.run(self.look_and_ask())
        self.assertEqual(self.server.stop(), 0)

    async def look_and_ask(self):
        home = f"http://{self.server.http}/"
        counted = "[...document.querySelectorAll('#histogram text')].map(t => Number(t.textContent)).filter(n => n > 0).reduce((a, b) => a + b, 0)"
        runs = "[...document.querySelectorAll('#models tr')].filter(r => r.cells[0].textContent === 'linear').map(r => Number(r.cells[3].textContent))[0]"
        async with Browser() as browser:
            await browser.do("Page.navigate", url=home)
            self.assertTrue(await browser.until("document.querySelector('#model') && document.querySelector('#model').options.length > 0"))
            self.assertEqual(await browser.run("document.getElementById('state').textContent"), "ready")
            self.assertIn("unproven: the file has no golden rows", await browser.run("document.body.innerText"))
            self.assertEqual((await browser.run(counted), await browser.run(runs)), (0, 0))

            # A question is proposed for the model that is chosen; what is typed over it is what is asked.
            await browser.run("document.getElementById('model').value = 'linear', document.getElementById('model').onchange()")
            self.assertTrue(await browser.until("document.getElementById('question').value.includes('\"x\"')"))
            proposed = json.loads(await browser.run("document.getElementById('question').value"))
            self.assertEqual(proposed["inputs"][0], {"name": "x", "datatype": "FP32", "shape": [1, 3], "data": [0, 0, 0]})
            proposed["inputs"][0]["data"] = [1, 2, 4]
            await browser.run(f"document.getElementById('question').value = {json.dumps(json.dumps(proposed))}")
            for count in (1, 2, 3):
                await browser.run("document.getElementById('answer').textContent = '', document.getElementById('ask').click()")
                self.assertTrue(await browser.until("document.getElementById('answer').textContent !== ''"))
                answer = json.loads(await browser.run("document.getElementById('answer').textContent"))
                self.assertEqual(answer["outputs"][0]["data"], [1.5, 2.5])
                self.assertTrue((await browser.run("document.getElementById('took').textContent")).startswith("200, "))
                # The histogram and the table move by themselves.
                self.assertTrue(await browser.until(f"({counted}) === {count} && ({runs}) === {count}"), count)
            self.assertGreater(await browser.run("Math.max(...[...document.querySelectorAll('#histogram .bar')].map(b => Number(b.getAttribute('height'))))"), 50)

            # What is refused is shown as it is said, as text.
            await browser.run("document.getElementById('question').value = '<b>{', document.getElementById('ask').click()")
            self.assertTrue(await browser.until("document.getElementById('took').textContent.startsWith('400')"))
            self.assertIn("error", json.loads(await browser.run("document.getElementById('answer').textContent")))
            self.assertIsNone(await browser.run("document.querySelector('#answer b')"))

            self.assertIn(("POST", home + "v2/models/linear/infer"), browser.asked)
            self.assertEqual([each for _, each in browser.asked if not each.startswith(home)], [])
            # A browser that asks for the icon of a site finds none here, and tells of the 400 above.
            self.assertEqual([each for each in browser.complaints if "favicon" not in each and "/infer" not in each], [])


if __name__ == "__main__":
    run_tests()
