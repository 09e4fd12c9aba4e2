"""A detector, as the C interface has it: what the two faces, svdd.sklearn and svdd.pyod, are made of."""
import ctypes
import json
import os
import shutil
import tempfile

import numpy as np

from . import _library
from ._library import Array, Progress, array_of, call, compute, library, text_from
from ._progress import Line


def methods():
    """The methods there are: a list of {"name", "title", "has_network"}."""
    return json.loads(text_from("svdd_methods"))


def options(method, shape=None, **asked):
    """The options of a method: a list of {"name", "group", "help", "kind", "value", "choices"}.

    `value` is what each has for samples of this `shape`, (d,) or (c, h, w), with what is `asked` for.
    """
    shape = tuple(shape or ())
    numbers = (ctypes.c_int64 * max(1, len(shape)))(*shape)
    return json.loads(
        text_from("svdd_options", method.encode(), _options_text(asked), numbers, len(shape))
    )


def scores_sha256(scores):
    """The receipt of scores that `svdd train` prints for its test set."""
    values = np.ascontiguousarray(scores, dtype=np.float32)
    sha256 = ctypes.create_string_buffer(65)
    call("svdd_scores_sha256", values.ctypes.data, values.size, sha256)
    return sha256.value.decode()


def _options_text(asked):
    def plain(value):
        if isinstance(value, np.generic):
            return value.item()
        if isinstance(value, (tuple, np.ndarray)):
            return [plain(v) for v in value]
        raise TypeError("an option is a number, a text, a truth value or a list of whole numbers; found %r" % (value,))

    asked = {name: list(v) if isinstance(v, tuple) else v for name, v in asked.items() if v is not None}
    try:
        return json.dumps(asked, default=plain, allow_nan=False).encode("utf-8", "surrogatepass")
    except (TypeError, ValueError) as error:
        raise ValueError("options: %s" % error) from None


def _path(folder):
    path = os.fsencode(folder)
    if b"\0" in path:
        raise ValueError("the folder's name %r holds a zero byte" % (folder,))
    return path


class Model:
    """A detector of any method. Scores: larger is more anomalous.

        model = svdd.Model("deep-svdd", epochs=5, seed=1)
        model.fit(X)               # (n, d) rows, (n, h, w) or (n, c, h, w) images; of normal samples
        model.score(X_new)         # one float32 each
        model.save("model")        # and svdd score --model model reads it

    Options are those of `svdd train`, with '_' for '-'; svdd.options("deep-svdd") lists them. None: not asked for. The same
    data, options and seed give the bits that the command gives. One thread at a time may use a model.
    """

    def __init__(self, method="deep-svdd", **options):
        self._handle = ctypes.c_void_p()
        call("svdd_create", method.encode(), _options_text(options), ctypes.byref(self._handle))

    @classmethod
    def _load(cls, folder, **options):
        model = cls.__new__(cls)
        model._handle = ctypes.c_void_p()
        compute("svdd_load", _path(folder), _options_text(options), ctypes.byref(model._handle))
        return model

    def __del__(self):
        if getattr(self, "_handle", None) and library is not None:
            library.svdd_free(self._handle)

    def fit(self, X, classes=None, columns=None, progress=None, verbose=0):
        """Learns from normal samples; returns the model.

        classes: of each sample a whole number, for methods that use the classes of normal samples (multi-radius).
        columns: the names of a table's columns, by which the command finds them in other tables; a DataFrame brings its own.
        progress: is called as progress(phase, epoch, epochs, loss, seconds) after each epoch; what it raises stops the fit
        and is raised here, and so is svdd.Stopped where it returns True.
        verbose: 1 writes how far the fit is to standard error, 2 also notes.
        """
        if columns is None and hasattr(X, "columns") and all(isinstance(name, str) for name in X.columns):
            columns = list(X.columns)
        array, x = array_of(X)
        names = None
        if columns is not None:
            names = [str(name).encode("utf-8", "surrogatepass") for name in columns]
            if x.ndim != 2 or len(names) != x.shape[1]:
                raise ValueError("%d columns are named, and X has the shape %s" % (len(names), x.shape))
            names = (ctypes.c_char_p * len(names))(*names)
        of_classes = None
        if classes is not None:
            given = np.asarray(classes)
            if given.shape != (x.shape[0],) or given.dtype.kind not in "iub":
                raise ValueError("classes are %d whole numbers; found %s of shape %s" % (x.shape[0], given.dtype, given.shape))
            of_classes = np.ascontiguousarray(given, dtype=np.int32)
        raised = []
        line = Line() if verbose else None

        def listen(event, _):
            # An exception would be lost between C and Python: it is kept, and stops the fit.
            try:
                e = event.contents
                if e.note is not None:
                    if line is not None and verbose > 1:
                        line.note(e.note.decode("utf-8", "replace"))
                    return 0
                step = (e.phase.decode(), e.epoch, e.epochs, e.loss, e.seconds)
                if line is not None:
                    line(*step)
                return 1 if progress is not None and progress(*step) is True else 0
            except BaseException as error:
                raised.append(error)
                return 1

        try:
            compute(
                "svdd_fit",
                self._handle,
                ctypes.byref(array),
                of_classes.ctypes.data if of_classes is not None else None,
                names,
                Progress(listen) if progress is not None or verbose else Progress(),
                None,
            )
        except _library.Stopped:
            if raised:
                raise raised[0] from None
            raise
        return self

    def _in_order(self, X):
        """A DataFrame's columns as the model knows them: by name, whatever their order, without those that it does not know."""
        if not hasattr(X, "columns") or not all(isinstance(name, str) for name in X.columns):
            return X
        known = self.info().get("columns")
        if not known:
            return X
        missing = [name for name in known if name not in list(X.columns)]
        if missing:
            raise ValueError("the columns are %s, but the model was trained on %s: %s missing here" % (
                list(X.columns), known, ", ".join(map(repr, missing)) + (" is" if len(missing) == 1 else " are")))
        return X if list(X.columns) == list(known) else X[list(known)]

    def score(self, X):
        """One float32 for each sample, independent of the others; larger is more anomalous. Of a DataFrame the columns are found by
        their names, where the model knows those."""
        array, x = array_of(self._in_order(X))
        scores = np.empty(x.shape[0], dtype=np.float32)
        compute("svdd_score", self._handle, ctypes.byref(array), scores.ctypes.data, scores.size)
        return scores

    def explain(self, X):
        """Why: of rows, (n, d), what each score loses when the column stands at its usual value; of images, (n, h, w), what it
        loses where a square around the pixel is filled with the image's mean."""
        array, x = array_of(self._in_order(X))
        shape = x.shape if x.ndim < 4 else (x.shape[0],) + x.shape[2:]
        changes = np.empty(shape, dtype=np.float32)
        compute("svdd_explain", self._handle, ctypes.byref(array), changes.ctypes.data, changes.size)
        return changes

    def is_anomaly(self, X):
        """Of each sample whether its score lies above the threshold."""
        return self.score(X) > self.threshold

    def p_values(self, X):
        """How often a normal sample would score at least as much: in (0, 1]."""
        return self._p_values_of(self.score(X))

    def _p_values_of(self, scores):
        scores = np.ascontiguousarray(scores, dtype=np.float32)
        p = np.empty(scores.shape, dtype=np.float64)
        call("svdd_p_values", self._handle, scores.ctypes.data, scores.size, p.ctypes.data)
        return p

    @property
    def threshold(self):
        """A sample with a larger score is called anomalous. It can be set where the model is not calibrated."""
        return self._real("svdd_threshold")

    @threshold.setter
    def threshold(self, threshold):
        call("svdd_set_threshold", self._handle, float(threshold))

    def threshold_at(self, false_alarm_rate):
        """The threshold at which so many normal samples are called anomalous."""
        return self._real("svdd_threshold_at", float(false_alarm_rate))

    def _real(self, function, *arguments):
        number = ctypes.c_double()
        call(function, self._handle, *arguments, ctypes.byref(number))
        return number.value

    def calibrate(self, X, false_alarm_rate):
        """Normal samples that the fit has not seen become what threshold and p-values go by; returns the model."""
        array, _ = array_of(X)
        compute("svdd_calibrate", self._handle, ctypes.byref(array), float(false_alarm_rate))
        return self

    def save(self, folder):
        """Writes a model folder, which svdd.load and every command's --model read."""
        call("svdd_save", self._handle, _path(folder))

    def info(self):
        """What there is to know of the fitted model: a dict; its keys stand in svdd/c/svdd.h."""
        return json.loads(text_from("svdd_info", self._handle))

    @property
    def weights_sha256(self):
        """The receipt of what was learned: equal, and so are all scores."""
        sha256 = ctypes.create_string_buffer(65)
        call("svdd_weights_sha256", self._handle, sha256)
        return sha256.value.decode()

    # Pickling, copying: by way of a model folder.
    def __getstate__(self):
        folder = tempfile.mkdtemp(prefix="svdd-")
        try:
            self.save(folder)
            files = {}
            for name in os.listdir(folder):
                with open(os.path.join(folder, name), "rb") as file:
                    files[name] = file.read()
            return files
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def __setstate__(self, files):
        folder = tempfile.mkdtemp(prefix="svdd-")
        try:
            for name in ("model.json", "weights.safetensors"):  # no other name is believed
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(files[name])
            self._handle = type(self)._load(folder)._release()
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _release(self):
        handle, self._handle = self._handle, ctypes.c_void_p()
        return handle


def load(folder, threads=None, device=None):
    """The model in a folder that Model.save or `svdd train --out` wrote."""
    return Model._load(folder, threads=threads, device=device)
