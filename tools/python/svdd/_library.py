"""libsvdd.so, by ctypes: where it lies, how its functions are called, its errors as Python's. Contract: svdd/c/svdd.h."""
import ctypes
import os
import sys
import threading

import numpy as np


class Array(ctypes.Structure):
    _fields_ = [
        ("values", ctypes.c_void_p),
        ("number", ctypes.c_int),
        ("dimensions", ctypes.c_int32),
        ("shape", ctypes.c_int64 * 4),
    ]


class Event(ctypes.Structure):
    _fields_ = [
        ("note", ctypes.c_char_p),
        ("phase", ctypes.c_char_p),
        ("epoch", ctypes.c_int64),
        ("epochs", ctypes.c_int64),
        ("loss", ctypes.c_double),
        ("learning_rate", ctypes.c_double),
        ("seconds", ctypes.c_double),
    ]


Progress = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Event), ctypes.c_void_p)


class NotFittedError(ValueError, AttributeError):
    """The detector has learned nothing yet. (The same parents as scikit-learn's.)"""


class Stopped(RuntimeError):
    """The fit was stopped by its progress function."""


_OK, _INVALID, _FAILED, _NO_MEMORY, _STOPPED, _BUSY, _NOT_FITTED = range(7)
_ERRORS = {
    _INVALID: ValueError,
    _FAILED: RuntimeError,
    _NO_MEMORY: MemoryError,
    _STOPPED: Stopped,
    _BUSY: RuntimeError,
    _NOT_FITTED: NotFittedError,
}


def _candidates():
    """Files, in this order: what SVDD_LIBRARY names; beside the module; in the prefix it is installed in; in a checkout's build."""
    name = "libsvdd.dylib" if sys.platform == "darwin" else "libsvdd.so"
    named = os.environ.get("SVDD_LIBRARY")
    if named:
        yield os.path.join(named, name) if os.path.isdir(named) else named
        return  # who names one wants no other
    here = os.path.dirname(os.path.abspath(__file__))
    yield os.path.join(here, name)
    folder = here
    while folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
        library = os.path.join(folder, "lib")
        multiarch = getattr(sys.implementation, "_multiarch", "")
        for place in (library, os.path.join(library, multiarch), os.path.join(folder, "lib64")):
            yield os.path.join(place, name)
        if os.path.exists(os.path.join(folder, "svdd", "c", "svdd.h")):
            yield os.path.join(folder, "build", name)
    yield name  # the system's own places


def _open():
    tried = []
    for path in _candidates():
        if os.sep in path and not os.path.exists(path):
            tried.append(path)
            continue
        try:
            # CDLL lets other Python threads run while the library computes.
            return ctypes.CDLL(path)
        except OSError as error:
            tried.append("%s (%s)" % (path, error))
    raise ImportError(
        "libsvdd.so was not found; 'make install' installs it, and the environment variable SVDD_LIBRARY names one "
        "elsewhere. Tried: " + ", ".join(tried)
    )


def _declare(library):
    status, text, pointer = ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p
    texts, array = ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(Array)
    count, real = ctypes.c_int64, ctypes.c_double
    for name, result, arguments in (
        ("svdd_version", text, []),
        ("svdd_last_error", text, []),
        ("svdd_text_free", None, [pointer]),
        ("svdd_methods", status, [texts]),
        ("svdd_options", status, [text, text, ctypes.POINTER(count), ctypes.c_int32, texts]),
        ("svdd_create", status, [text, text, ctypes.POINTER(pointer)]),
        ("svdd_load", status, [text, text, ctypes.POINTER(pointer)]),
        ("svdd_free", status, [pointer]),
        ("svdd_fit", status, [pointer, array, pointer, ctypes.POINTER(text), Progress, pointer]),
        ("svdd_stop_all", None, []),
        ("svdd_score", status, [pointer, array, pointer, count]),
        ("svdd_explain", status, [pointer, array, pointer, count]),
        ("svdd_threshold", status, [pointer, ctypes.POINTER(real)]),
        ("svdd_threshold_at", status, [pointer, real, ctypes.POINTER(real)]),
        ("svdd_set_threshold", status, [pointer, real]),
        ("svdd_calibrate", status, [pointer, array, real]),
        ("svdd_p_values", status, [pointer, pointer, count, pointer]),
        ("svdd_save", status, [pointer, text]),
        ("svdd_info", status, [pointer, texts]),
        ("svdd_weights_sha256", status, [pointer, text]),
        ("svdd_scores_sha256", status, [pointer, count, text]),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


library = _declare(_open())


def check(status):
    """Raises the error that a status stands for, in the library's own words."""
    if status != _OK:
        words = library.svdd_last_error().decode("utf-8", "replace")
        raise _ERRORS.get(status, RuntimeError)(words)


def call(function, *arguments):
    """Of what is over in a moment."""
    check(getattr(library, function)(*arguments))


def compute(function, *arguments):
    """Of what may take long: Ctrl-C stops it within about a tenth of a second, as KeyboardInterrupt.

    Python hears of Ctrl-C on its main thread alone, and only while that runs Python. So the main thread waits, and another
    one computes.
    """
    if threading.current_thread() is not threading.main_thread():
        call(function, *arguments)
        return
    outcome, done, gate = [], threading.Event(), threading.Lock()
    state = {"running": False, "cancelled": False}

    def run():
        with gate:
            if state["cancelled"]:
                return
            state["running"] = True
        try:
            call(function, *arguments)
        except BaseException as error:  # handed over, and raised below
            outcome.append(error)
        finally:
            done.set()

    worker = threading.Thread(target=run, name="svdd")
    interrupted, launched = None, False
    # Not worker.join(): where that is interrupted, Python 3.11 takes the worker for ended. From the worker's start on all stands
    # within the try, since a signal's handler may raise between any two steps.
    while True:
        try:
            if not launched:
                launched = True
                worker.start()
            while not done.is_set():
                if interrupted is not None:
                    library.svdd_stop_all()  # again and again: the worker may not have begun to compute
                done.wait(60 if interrupted is None else 0.05)
            break
        except BaseException as error:  # what a signal's handler raises, KeyboardInterrupt above all
            interrupted = interrupted or error
            with gate:
                state["cancelled"] = not state["running"]
            if state["cancelled"]:
                break
    if interrupted is not None:
        raise interrupted
    if outcome:
        raise outcome[0]


def text_from(function, *arguments):
    text = ctypes.c_void_p()
    call(function, *arguments, ctypes.byref(text))
    try:
        return ctypes.string_at(text).decode("utf-8")
    finally:
        library.svdd_text_free(text)


def array_of(X, what="X"):
    """(Array, the numpy array that it points into, which must outlive it). Contiguous float32, float64 and images of uint8
    are taken as they are; other numbers become float64. ValueError for what holds no numbers."""
    if np.ma.is_masked(X):
        raise ValueError("%s has masked values, which no method can read: fill them in, or leave their rows out" % what)
    x = np.asarray(X)
    if x.dtype.kind in "mM":
        raise ValueError("%s holds dates or times (%s): say what of them counts, as numbers" % (what, x.dtype))
    if x.dtype.kind == "c":
        raise ValueError("Complex data not supported: %s holds %s" % (what, x.dtype))
    if x.dtype.kind not in "fiub":
        try:
            x = x.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError("%s holds %s, which is no number: %s" % (what, x.dtype, error)) from None
    if x.ndim < 2 or x.ndim > 4:
        raise ValueError(
            "%s has the shape %s; expected (n, d) for a table, (n, h, w) or (n, c, h, w) for images" % (what, x.shape)
        )
    if x.dtype == np.uint8 and x.ndim > 2:
        number = 2
    elif x.dtype == np.float32:
        number = 0
    else:
        x, number = x.astype(np.float64, copy=False), 1
    x = np.ascontiguousarray(x)
    array = Array(values=x.ctypes.data, number=number, dimensions=x.ndim)
    array.shape[: x.ndim] = x.shape
    return array, x
