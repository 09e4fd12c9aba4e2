"""svdd: Deep SVDD and its relatives, on the library that the `svdd` command is made of.

    import svdd
    model = svdd.Model("deep-svdd", epochs=5).fit(X)   # scores: larger is more anomalous
    model.score(X_new); model.explain(X_new); model.save("model"); svdd.load("model")

svdd.sklearn has the methods as scikit-learn's outlier detectors, svdd.pyod with the verbs of PyOD: their conventions contradict
each other, so there are two.
"""
from ._library import NotFittedError, Stopped, library
from ._model import Model, load, methods, options, scores_sha256

__version__ = library.svdd_version().decode()
del library
__all__ = ["Model", "NotFittedError", "Stopped", "load", "methods", "options", "scores_sha256"]
