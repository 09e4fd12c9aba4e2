#!/usr/bin/env python3
"""The Python module: on libsvdd.so, beside the svdd command, by scikit-learn's own checks. CTest runs it; by hand:

    PYTHONPATH=tools/python SVDD_BINARY=build/svdd python3 tests/python/test_svdd.py
"""
import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

try:
    import numpy as np
except ImportError:
    print("skipped: numpy is missing")
    sys.exit(77)
try:
    import sklearn
    from sklearn.utils.estimator_checks import check_estimator
except ImportError:
    sklearn = None

import svdd

# So few steps that all checks of all methods end in a minute or two.
QUICK = {"epochs": 1, "ae_epochs": 1, "widths": [8], "rep_dim": 4, "spheres": 2, "trees": 20}


def normal(n=80, d=3, seed=0):
    return np.random.RandomState(seed).normal(size=(n, d)).astype(np.float32)


def small_images(n=24, seed=0):
    return np.random.RandomState(seed).uniform(size=(n, 1, 28, 28)).astype(np.float32)


def quick(cls, **more):
    known = cls().get_params()
    parameters = {name: value for name, value in QUICK.items() if name in known}
    parameters.update(more)
    return cls(**parameters)


def quick_options(method):
    known = {option["name"].replace("-", "_") for option in svdd.options(method)}
    return {name: value for name, value in QUICK.items() if name in known}


class Frame:
    """What a DataFrame is to the module: columns, columns by a list of names, and an array."""

    def __init__(self, **columns):
        self.columns = list(columns)
        self._values = columns

    def __getitem__(self, names):
        return Frame(**{name: self._values[name] for name in names})

    def __array__(self, dtype=None):
        return np.stack([self._values[name] for name in self.columns], axis=1).astype(dtype or np.float64)


class Core(unittest.TestCase):
    def test_columns_are_found_by_their_names(self):
        a, b, c = normal().T
        model = svdd.Model("mahalanobis").fit(Frame(a=a, b=b, c=c))
        scores = model.score(normal())
        np.testing.assert_array_equal(model.score(Frame(c=c, other=a, a=a, b=b)), scores)
        np.testing.assert_array_equal(model.explain(Frame(c=c, b=b, a=a)), model.explain(normal()))
        with self.assertRaisesRegex(ValueError, "'b' is missing"):
            model.score(Frame(a=a, beta=b, c=c))

    def test_methods_and_options(self):
        names = [method["name"] for method in svdd.methods()]
        self.assertIn("deep-svdd", names)
        options = {option["name"]: option for option in svdd.options("deep-svdd", shape=(1, 28, 28), nu=0.2)}
        self.assertEqual(options["network"]["value"], "mnist_LeNet")
        self.assertEqual(options["nu"]["value"], 0.2)
        self.assertEqual(options["objective"]["choices"], ["one-class", "soft-boundary"])

    def test_masked_values_and_dates_are_no_numbers(self):
        X = normal()
        with self.assertRaisesRegex(ValueError, "masked values"):
            svdd.Model("knn").fit(np.ma.masked_greater(X, 1))
        with self.assertRaisesRegex(ValueError, "dates or times"):
            svdd.Model("knn").fit(X.astype("M8[s]"))

    def test_ones_own_network_has_its_own_widths(self):
        text = "dense 8, leaky_relu, dense 4"
        options = {row["name"]: row["value"] for row in svdd.options("deep-svdd", shape=(3,), network=text)}
        self.assertEqual((options["rep-dim"], options["widths"]), (0, []))
        model = svdd.Model("deep-svdd", network=text, epochs=1).fit(normal())
        self.assertEqual(model.info()["options"]["rep-dim"], 0)

    def test_notebook(self):
        """Train, score, explain, save, load: as one would in a notebook, with every method."""
        X, odd = normal(), normal(5, seed=1)
        odd[:, 1] += 9
        for method in svdd.methods():
            with self.subTest(method["name"]), tempfile.TemporaryDirectory() as folder:
                model = svdd.Model(method["name"], **quick_options(method["name"])).fit(X, columns=["a", "b", "c"])
                scores = model.score(odd)
                self.assertEqual((scores.dtype, scores.shape), (np.float32, (5,)))
                p = model.p_values(odd)
                self.assertTrue(((p > 0) & (p <= 1)).all())
                self.assertEqual(model.explain(odd).shape, (5, 3))
                self.assertEqual(model.is_anomaly(odd).tolist(), (scores > model.threshold).tolist())
                self.assertEqual(model.info()["calibration"]["samples"], 16)
                model.save(folder)
                again = svdd.load(folder, threads=1)
                np.testing.assert_array_equal(again.score(odd), scores)
                self.assertEqual(again.weights_sha256, model.weights_sha256)
                self.assertEqual(again.info()["columns"], ["a", "b", "c"])
                np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).score(odd), scores)

    def test_images(self):
        images = small_images()
        model = svdd.Model("deep-svdd", epochs=1, ae_epochs=1).fit(images)
        np.testing.assert_array_equal(model.score(images), model.score(images[:, 0]))
        self.assertEqual(model.explain(images[:2]).shape, (2, 28, 28))
        as_bytes = (255 * images).astype(np.uint8)
        np.testing.assert_array_equal(
            svdd.Model("knn").fit(as_bytes).score(as_bytes),
            svdd.Model("knn").fit(as_bytes.astype(np.float32) / np.float32(255)).score(as_bytes),
        )

    def test_mistakes_are_value_errors_in_the_librarys_words(self):
        X = normal()
        model = svdd.Model("knn").fit(X)
        for words, mistake in (
            ("there is no method 'lot'", lambda: svdd.Model("lot")),
            ("there is no option 'epochs'", lambda: svdd.Model("knn", epochs=3)),
            ("neighbours is 'many'", lambda: svdd.Model("knn", neighbours="many")),
            ("has the shape", lambda: model.score(X[0])),
            ("trained on samples of 3", lambda: model.score(X[:, :2])),
            ("hold no samples", lambda: model.score(X[:0])),
            ("NaN", lambda: model.score(np.where(X > 0, np.nan, X))),
            ("Complex", lambda: model.score(X + 1j)),
            ("no number", lambda: model.score(np.array([["a", "b", "c"]]))),
            ("classes are 80 whole numbers", lambda: model.fit(X, classes=[1, 2])),
            ("2 columns are named", lambda: model.fit(X, columns=["a", "b"])),
            ("a set", lambda: svdd.Model("knn", neighbours={1})),
        ):
            with self.subTest(words), self.assertRaises(ValueError) as caught:
                mistake()
            if words != "a set":
                self.assertIn(words, str(caught.exception))
        with self.assertRaises(svdd.NotFittedError):
            svdd.Model("knn").score(X)
        with self.assertRaisesRegex(RuntimeError, "no model in"):
            svdd.load("/no/such/folder")
        self.assertEqual(len(model.score(X)), 80)

    def test_arrays_are_taken_as_they_are(self):
        X = normal()
        array, taken = svdd._model.array_of(X)
        self.assertIs(taken, X)
        self.assertEqual(array.values, X.ctypes.data)
        model = svdd.Model("knn").fit(X)
        expected = model.score(X)
        for same in (X.astype(np.float64), np.asfortranarray(X), X.tolist(), np.repeat(X, 2, axis=0)[::2]):
            np.testing.assert_array_equal(model.score(same), expected)
        X.setflags(write=False)
        np.testing.assert_array_equal(model.score(X), expected)

    def test_progress_stops_a_fit(self):
        X, seen = normal(), []
        options = dict(epochs=4, widths=[8], rep_dim=4)
        model = svdd.Model("deep-svdd", **options).fit(X, progress=lambda *step: seen.append(step))
        self.assertEqual([step[:3] for step in seen], [("deep-svdd", e, 4) for e in range(4)])
        before = model.weights_sha256
        with self.assertRaises(svdd.Stopped):
            model.fit(normal(seed=2), progress=lambda *step: True)
        with self.assertRaises(ZeroDivisionError):
            model.fit(normal(seed=2), progress=lambda *step: 1 // 0)
        self.assertEqual(model.weights_sha256, before)
        self.assertEqual(model.fit(X).weights_sha256, before)

    def test_interrupt_stops_and_leaves_the_model_usable(self):
        X = normal()
        model = svdd.Model("deep-svdd", epochs=2, widths=[8], rep_dim=4).fit(X)
        before = model.weights_sha256
        long_one = svdd.Model("deep-svdd", epochs=1000000, widths=[8], rep_dim=4)
        begun = threading.Event()
        # Where SIGINT is ignored from the start, as in a shell's background jobs, Python leaves it so.
        self.addCleanup(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, signal.default_int_handler))

        def interrupt():
            begun.wait()
            os.kill(os.getpid(), signal.SIGINT)

        threading.Thread(target=interrupt).start()
        with self.assertRaises(KeyboardInterrupt):
            long_one.fit(X, progress=lambda *step: begun.set())
        self.assertEqual(model.fit(X).weights_sha256, before)
        with self.assertRaises(svdd.NotFittedError):
            long_one.score(X)

    def test_other_threads_run_meanwhile_and_one_call_at_a_time(self):
        model, busy = svdd.Model("deep-svdd", epochs=3, widths=[8], rep_dim=4), []
        X = normal()

        def meanwhile(*step):
            try:
                model.score(X)
            except RuntimeError as error:
                busy.append(str(error))

        model.fit(X, progress=meanwhile)
        self.assertEqual(len(busy), 3)
        self.assertIn("one thread at a time", busy[0])
        scores = {}
        threads = [
            threading.Thread(target=lambda i=i: scores.update({i: svdd.Model("knn").fit(X).score(X)})) for i in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        np.testing.assert_array_equal(scores[0], scores[2])

    def test_verbose_is_plain_lines(self):
        code = (
            "import svdd, numpy as np\n"
            "X = np.random.RandomState(0).normal(size=(60, 3))\n"
            "svdd.Model('deep-svdd', epochs=2, widths=[8], rep_dim=4).fit(X, verbose=1)\n"
        )
        done = subprocess.run([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, check=True)
        self.assertRegex(done.stderr, r"^deep-svdd 1/2  loss \S+  \S+ s\ndeep-svdd 2/2  loss \S+  \S+ s\n$")

    @unittest.skipUnless(sys.platform.startswith("linux"), "needs /proc")
    def test_out_of_memory_is_a_memory_error(self):
        code = (
            "import resource, svdd, numpy as np\n"
            "model = svdd.Model('knn', threads=1).fit(np.arange(100.0).reshape(50, 2))\n"
            "X = np.zeros((2**20, 50), dtype=np.float32)\n"
            "X[:, 0] = np.arange(2**20)\n"
            "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
            "resource.setrlimit(resource.RLIMIT_AS, (used + 2**28, used + 2**28))\n"
            "try:\n"
            "    svdd.Model('mahalanobis', threads=1).fit(X)\n"
            "except MemoryError as error:\n"
            "    print(error)\n"
            "print(len(model.score([[1, 2]])))\n"
        )
        done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"^there is not enough memory.*\n1\n$")


@unittest.skipUnless(os.environ.get("SVDD_BINARY"), "SVDD_BINARY names no svdd command")
class BesideTheCommand(unittest.TestCase):
    def run_svdd(self, *words):
        done = subprocess.run(
            [os.path.abspath(os.environ["SVDD_BINARY"]), *words],
            cwd=self.folder.name, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, *names):
        return os.path.join(self.folder.name, *names)

    def scores_by_command(self, model, table):
        lines = self.run_svdd("score", "--model", model, "--input", table, "--quiet").splitlines()[1:]
        return np.array([line.split(",")[1] for line in lines], dtype=np.float32)

    def test_the_same_receipt(self):
        X, fresh = normal(200, 4), normal(30, 4, seed=1)
        np.savez(self.path("t.npz"), X=X)
        np.savez(self.path("new.npz"), X=fresh)
        for method in svdd.methods():
            with self.subTest(method["name"]):
                options = dict(quick_options(method["name"]), seed=3)
                words = []
                for name, value in options.items():
                    words += ["--" + name.replace("_", "-"), ",".join(map(str, value)) if isinstance(value, list) else str(value)]
                run = "run-" + method["name"]
                self.run_svdd("train", "--method", method["name"], "--data", "t.npz", "--out", run, "--quiet", *words)
                with open(self.path(run, "results.json")) as file:
                    results = json.load(file)
                ours = svdd.Model(method["name"], **options).fit(X)
                self.assertEqual(ours.weights_sha256, results["weights_sha256"])
                self.assertEqual(ours.threshold, results["threshold"])
                scores = ours.score(fresh)
                np.testing.assert_array_equal(svdd.load(self.path(run)).score(fresh), scores)
                np.testing.assert_array_equal(self.scores_by_command(run, "new.npz"), scores)
                ours.save(self.path("saved"))
                np.testing.assert_array_equal(self.scores_by_command("saved", "new.npz"), scores)

    def test_the_same_receipt_of_a_known_set(self):
        options = "--epochs 1 --ae-epochs 1 --limit 200 --seed 2".split()
        self.run_svdd("train", "--data", "strokes", "--normal", "3", "--out", "run", "--quiet", *options)
        with open(self.path("run", "results.json")) as file:
            results = json.load(file)
        model = svdd.load(self.path("run"))
        self.assertEqual(model.weights_sha256, results["weights_sha256"])
        self.assertEqual(model.info()["sample_shape"], [1, 28, 28])
        self.assertEqual(model.score(small_images(3)).shape, (3,))

    def test_command_explains_a_model_of_ours(self):
        X = normal(100, 2)
        svdd.Model("knn").fit(X, columns=["height", "width"]).save(self.path("model"))
        with open(self.path("odd.csv"), "w") as file:
            file.write("width,height\n9,0\n")
        explained = self.run_svdd("explain", "--model", "model", "--input", "odd.csv", "--top", "1", "--quiet")
        self.assertIn(",1,width,9,", explained)


@unittest.skipIf(sklearn is None, "scikit-learn is missing")
class ScikitLearn(unittest.TestCase):
    def detectors(self):
        import svdd.sklearn as face

        return [getattr(face, name) for name in face.__all__]

    def test_check_estimator(self):
        """scikit-learn's own checks, for every method."""
        self.assertEqual(len(self.detectors()), len(svdd.methods()))
        for cls in self.detectors():
            with self.subTest(cls.__name__):
                check_estimator(quick(cls, threads=1))

    def test_conventions(self):
        from svdd.sklearn import KNearestNeighbours

        X = normal(200)
        detector = KNearestNeighbours(contamination=0.1).fit(X)
        self.assertEqual((detector.predict(X) == -1).sum(), 20)
        self.assertGreater(detector.score_samples([[0, 0, 0]])[0], detector.score_samples([[9, 9, 9]])[0])
        self.assertEqual(detector.model_.threshold, -detector.offset_)
        np.testing.assert_array_equal(detector.model_.is_anomaly(X), detector.predict(X) == -1)
        self.assertEqual(sklearn.clone(detector).get_params(), detector.get_params())
        calibrated = KNearestNeighbours().fit(X)
        self.assertEqual(calibrated.model_.info()["calibration"]["samples"], 40)
        plain = svdd.Model("knn").fit(X)
        self.assertEqual(calibrated.model_.weights_sha256, plain.weights_sha256)
        for wrong in (0, -1, 0.7, "much"):
            with self.assertRaises(ValueError):
                KNearestNeighbours(contamination=wrong).fit(X)
        with self.assertRaises(TypeError):
            KNearestNeighbours(neighbors=3)

    def test_images_and_saving(self):
        from svdd.sklearn import DeepSVDD

        images = small_images()
        detector = DeepSVDD(epochs=1, ae_epochs=1, random_state=np.random.RandomState(4)).fit(images[:, 0])
        self.assertEqual(set(detector.predict(images)) - {1, -1}, set())
        self.assertEqual(detector.n_features_in_, 784)
        with tempfile.TemporaryDirectory() as folder:
            detector.save(folder)
            np.testing.assert_array_equal(-svdd.load(folder).score(images), detector.score_samples(images))


class PyOD(unittest.TestCase):
    def test_conventions(self):
        import svdd.pyod as face

        X, odd = normal(200), normal(5, seed=1) + 9
        for name in face.__all__:
            with self.subTest(name):
                detector = quick(getattr(face, name), random_state=0).fit(X)
                self.assertEqual(detector.decision_scores_.shape, (200,))
                np.testing.assert_array_equal(detector.labels_, (detector.decision_scores_ > detector.threshold_).astype(int))
                np.testing.assert_array_equal(detector.labels_, detector.predict(X))
                if len(np.unique(detector.decision_scores_)) == 200:
                    self.assertEqual(detector.labels_.sum(), 20)
                for how in ("linear", "unify"):
                    p = detector.predict_proba(odd, method=how)
                    self.assertEqual(p.shape, (5, 2))
                    np.testing.assert_allclose(p.sum(axis=1), 1)
                self.assertEqual(type(detector)(**detector.get_params()).get_params(), detector.get_params())
        knn = face.KNearestNeighbours(contamination=0.05)
        self.assertEqual(repr(knn), "KNearestNeighbours(contamination=0.05)")
        self.assertTrue((knn.fit(X).decision_function(odd) > knn.threshold_).all())
        with self.assertRaises(svdd.NotFittedError):
            face.KDE().predict(X)


if __name__ == "__main__":
    program = unittest.main(verbosity=2, exit=False)
    sys.exit(0 if program.result.wasSuccessful() else 1)
