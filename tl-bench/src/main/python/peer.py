# SPDX-License-Identifier: Apache-2.0
"""The Python side of a benchmark: a process that answers one line of JSON to each line on standard input.

A script names its class: `serve(Steps)`. The class takes the setup and has verify() -> {name: [numbers]} and
measure() -> (figure, {name: [numbers]}); see Side.java for what they mean.
"""
import json
import math
import os
import pathlib
import platform
import sys
from dataclasses import dataclass


@dataclass
class Setup:
    rival: str
    comparison: str
    folder: pathlib.Path
    threads: int
    quick: bool

    def of(self, otherwise, in_quick):
        return in_quick if self.quick else otherwise


def versions():
    found = {"python": platform.python_version()}
    for name in ("torch", "transformers", "tokenizers", "sklearn", "torchvision"):
        if name in sys.modules:
            found[name] = sys.modules[name].__version__
    return found


def checked(series):
    for name, values in series.items():
        if not all(math.isfinite(v) for v in values):
            raise ArithmeticError(f"{name} {values}: finite numbers expected")
    return series


def serve(side):
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # What libraries print must not come between the answers.
    os.dup2(2, 1)
    rival, comparison, folder, threads, quick = sys.argv[1:]
    setup = Setup(rival, comparison, pathlib.Path(folder), int(threads), quick == "true")
    if "torch" in sys.modules:
        torch = sys.modules["torch"]
        torch.set_num_threads(setup.threads)
        torch.set_num_interop_threads(1)
    opened = side(setup)

    def say(answer):
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    say({"ready": versions()})
    for line in sys.stdin:
        request = line.strip()
        if request == "verify":
            say({"series": checked(opened.verify())})
        elif request == "measure":
            before = processor_seconds()
            value, series = opened.measure()
            spent = processor_seconds() - before
            say({"value": value, "series": checked(series), "processor": spent})
        else:
            raise ValueError(f"request {request!r}: verify or measure expected")


def processor_seconds():
    """Of this process, its threads and the children that it waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def resident_megabytes():
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmRSS"):
                return int(line.split()[1]) * 1024 / 1e6
    raise OSError("no VmRSS in /proc/self/status")
