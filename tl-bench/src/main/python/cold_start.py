# SPDX-License-Identifier: Apache-2.0
"""A new Python process for every answer; the other side of ColdStartBenchmark."""
import pathlib
import subprocess
import sys
import time

from peer import serve

TEXT = "you took 49.99 twice for the same month, please explain"
SCRIPT = pathlib.Path(__file__).with_name("predict_once.py")


class Command:
    def __init__(self, setup):
        self.command = [sys.executable, str(SCRIPT), str(setup.folder), str(setup.threads), TEXT]

    def run(self):
        return subprocess.run(self.command, stdout=subprocess.PIPE, check=True, text=True).stdout

    def verify(self):
        return {"label": [float(self.run().split()[0])]}

    def measure(self):
        begin = time.perf_counter()
        self.run()
        return time.perf_counter() - begin, {}


serve(Command)
