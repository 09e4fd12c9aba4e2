#!/usr/bin/env python3
"""Kills the svdd command at every system call that changes a file, and at random moments, and checks after each that
nothing is lost: the run or table goes on, ends with the bits of an undisturbed one, and leaves nothing behind.

    tests/tools/kill_everywhere.py [--svdd build/svdd] [--every 1] [--random 200] [--only NAME] [--keep-going]

Four scenarios: a run into a new folder; the same over an earlier run, which must be there until the new one has
something to keep; a resumed run that is killed again; a table of two rows that share their pretraining. Needs strace
(the injection of signals: 4.22 or later); with --every N each Nth call is taken, beginning with one drawn by --seed.
"""
import argparse
import collections
import json
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

CALLS = ["openat", "write", "close", "fsync", "rename", "renameat", "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat",
         "rmdir", "fchmod", "flock", "ftruncate"]
LEFT_OVER = re.compile(r"\.partial-|checkpoint|\.earlier-run|\.putting-aside|\.replaced-run|\.lock")
TRAIN = ("train --data data/mnist --normal 3 --epochs 2 --ae-epochs 2 --checkpoint-seconds 0 --threads 1 --quiet "
         "--out run").split()
OTHER = ("train --data data/mnist --normal 3 --method isolation-forest --seed 7 --threads 1 --quiet --out run").split()
TABLE = ("reproduce deep-svdd-mnist --data-dir data --classes 0 --seeds 1 --methods one-class,autoencoder --epochs 1 "
         "--ae-epochs 1 --batch-size 50 --jobs 1 --out table").split()


def write_idx(folder):
    """A data set under MNIST's names: blurred bars, two hundred for training, forty for the test."""
    os.makedirs(folder)
    draw = random.Random(1)
    for name, count in (("train", 200), ("t10k", 40)):
        images, labels = bytearray(), bytearray()
        for i in range(count):
            labels.append(i % 10)
            for y in range(28):
                for x in range(28):
                    at = abs(y - 14 - (x - 14) * (i % 10 - 4.5) / 6)
                    images.append(max(0, min(255, int(255 - 60 * at + draw.uniform(-160, 160)))))
        with open(os.path.join(folder, name + "-images-idx3-ubyte"), "wb") as file:
            file.write(struct.pack(">IIII", 0x803, count, 28, 28) + bytes(images))
        with open(os.path.join(folder, name + "-labels-idx1-ubyte"), "wb") as file:
            file.write(struct.pack(">II", 0x801, count) + bytes(labels))


def files_below(folder):
    return sorted(os.path.relpath(os.path.join(at, name), folder)
                  for at, folders, files in os.walk(folder) for name in files + folders)


class Failed(Exception):
    pass


class Scenario:
    """One command, killed in a folder of its own, and what must be so afterwards."""

    def __init__(self, svdd, scratch, name, words, prepare, recover):
        self.svdd, self.scratch, self.name, self.words = svdd, scratch, name, words
        self.prepare_, self.recover_ = prepare, recover
        self.folder = os.path.join(scratch, name)

    def run(self, words, prefix=()):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("SVDD")}
        environment["HOME"] = self.folder
        return subprocess.run([*prefix, self.svdd, *words], cwd=self.folder, env=environment, capture_output=True,
                              text=True, errors="replace")

    def start(self, words):
        return subprocess.Popen([self.svdd, *words], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                env={**os.environ, "HOME": self.folder})

    def prepare(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(os.path.join(self.scratch, "data"), os.path.join(self.folder, "data"))
        self.prepare_(self)

    def must(self, words):
        outcome = self.run(words)
        if outcome.returncode != 0:
            raise Failed(f"svdd {' '.join(words)} ended with {outcome.returncode}: {outcome.stderr.strip()}")
        return outcome

    def receipt(self):
        """What counts: the fingerprints of a run, the table's numbers."""
        if os.path.exists(os.path.join(self.folder, "table")):
            with open(os.path.join(self.folder, "table", "table.csv")) as file:
                return file.read()
        with open(os.path.join(self.folder, "run", "results.json")) as file:
            results = json.load(file)
        return results["weights_sha256"], results["scores_sha256"]

    def check(self, expected, names):
        receipt = self.receipt()
        if receipt not in expected:
            raise Failed(f"another result: {receipt}")
        now = files_below(self.folder)
        left = [name for name in now if LEFT_OVER.search(name)]
        if left:
            raise Failed(f"left behind: {left}")
        if names is not None and now != names[expected.index(receipt)]:
            raise Failed(f"other files: {sorted(set(now) ^ set(names[expected.index(receipt)]))}")

    def recover(self):
        self.recover_(self)

    def calls(self):
        """(system call, its number) of all that touch the folder, as a run that is not disturbed makes them."""
        self.prepare()
        log = os.path.join(self.scratch, self.name + ".strace")
        outcome = self.run(self.words, ["strace", "-f", "-y", "-o", log, "-e", "trace=" + ",".join("?" + c for c in CALLS)])
        if outcome.returncode != 0:
            raise Failed(f"strace: {outcome.stderr.strip()}")
        counts, calls = collections.Counter(), []
        places = [os.path.realpath(os.path.join(self.folder, place)) for place in ("run", "table")]
        with open(log, errors="replace") as file:
            for line in file:
                match = re.match(r"\d+ +(\w+)\(", line)
                if not match or match.group(1) not in CALLS:
                    continue
                counts[match.group(1)] += 1
                mine = any(place in line for place in places) or re.search(r'"(\./)?(run|table)[/"]', line)
                if mine:
                    calls.append((match.group(1), counts[match.group(1)]))
        return calls

    def killed_at(self, call, number):
        self.prepare()
        outcome = self.run(self.words, ["strace", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                                        f"inject={call}:signal=SIGKILL:when={number}"])
        return outcome.returncode != 0

    def killed_after(self, seconds, words=None):
        child = self.start(words or self.words)
        time.sleep(seconds)
        child.send_signal(signal.SIGKILL)
        return child.wait() != 0


def resume(scenario):
    """As a user would: --resume alone; where there is no run yet, with the options."""
    outcome = scenario.run(["train", "--resume", "--out", "run", "--quiet"])
    if outcome.returncode == 2 and "there is no run" in outcome.stderr:
        scenario.must(TRAIN + ["--resume"])
    elif outcome.returncode != 0:
        raise Failed(f"--resume ended with {outcome.returncode}: {outcome.stderr.strip()}")


def make_scenarios(svdd, scratch):
    def leave_a_checkpoint(scenario):
        child = scenario.start(TRAIN)
        while child.poll() is None and not os.path.exists(os.path.join(scenario.folder, "run", "checkpoint.safetensors")):
            time.sleep(0.001)
        child.kill()
        child.wait()

    def fresh(scenario):
        pass

    def make(name, words, prepare, recover):
        return Scenario(svdd, scratch, name, words, prepare, recover)

    return [
        make("fresh", TRAIN, fresh, resume),
        make("over-an-earlier-run", TRAIN, lambda s: s.must(OTHER), resume),
        make("resumed", TRAIN + ["--resume"], leave_a_checkpoint, resume),
        make("table", TABLE, fresh, lambda s: s.must(TABLE)),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--svdd", default="build/svdd")
    parser.add_argument("--every", type=int, default=1, help="take each Nth system call only")
    parser.add_argument("--random", type=int, default=200, help="kills at random moments")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="one scenario")
    parser.add_argument("--keep-going", action="store_true", help="tell every failure, not only the first")
    options = parser.parse_args()
    if not shutil.which("strace"):
        print("strace is not installed: nothing was tried")
        return 77
    draw = random.Random(options.seed)
    scratch = os.path.realpath(tempfile.mkdtemp(prefix="svdd-kills-"))
    write_idx(os.path.join(scratch, "data", "mnist"))
    failures = 0

    def failed(what, error):
        nonlocal failures
        failures += 1
        print(f"FAILED {what}: {error}", flush=True)
        if not options.keep_going:
            raise SystemExit(f"its folder is left in {scratch}")

    scenarios = [s for s in make_scenarios(os.path.abspath(options.svdd), scratch) if options.only in (None, s.name)]
    for scenario in scenarios:
        # What may come out: the new run; where there was an earlier one, that.
        expected, names = [], []
        scenario.prepare()
        if scenario.name == "over-an-earlier-run":
            expected.append(scenario.receipt())
            names.append(files_below(scenario.folder))
        begin = time.time()
        scenario.must(scenario.words)
        took = time.time() - begin
        expected.append(scenario.receipt())
        names.append(files_below(scenario.folder))
        try:
            calls = scenario.calls()
            scenario.check(expected, names)
        except Failed as error:
            failed(scenario.name, error)
            continue
        chosen = calls[draw.randrange(options.every)::options.every]
        killed = 0
        for call, number in chosen:
            what = f"{scenario.name}, killed at {call} {number}"
            try:
                if scenario.killed_at(call, number):
                    killed += 1
                scenario.recover()
                scenario.check(expected, names)
            except Failed as error:
                failed(what, error)
        by_call = collections.Counter(call for call, number in chosen)
        print(f"{scenario.name}: {len(chosen)} of {len(calls)} system calls ({killed} kills): "
              + ", ".join(f"{count} {call}" for call, count in sorted(by_call.items())), flush=True)

        killed = again = 0
        for i in range(options.random // len(scenarios)):
            what = f"{scenario.name}, random kill {i} with seed {options.seed}"
            try:
                scenario.prepare()
                killed += scenario.killed_after(draw.uniform(0, 1.1 * took))
                while draw.random() < 0.3:  # and again, while it goes on
                    words = TABLE if scenario.name == "table" else TRAIN + ["--resume"]
                    if scenario.name == "over-an-earlier-run":
                        words = TRAIN
                    again += scenario.killed_after(draw.uniform(0, 1.1 * took), words)
                scenario.recover()
                scenario.check(expected, names)
            except Failed as error:
                failed(what, error)
        print(f"{scenario.name}: {options.random // len(scenarios)} random moments ({killed} kills, {again} more while going "
              "on)", flush=True)
    shutil.rmtree(scratch, ignore_errors=True)
    print("nothing was lost" if failures == 0 else f"{failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
