"""One class for each method, for both faces: its parameters are the options that the library lists for it."""
import inspect
import numbers

import numpy as np

from ._model import Model, methods, options

_NAMES = {
    "deep-svdd": "DeepSVDD",
    "multi-radius": "MultiRadiusDeepSVDD",
    "multi-sphere": "MultiSphereSVDD",
    "dasvdd": "DASVDD",
    "autoencoder": "Autoencoder",
    "kernel-svdd": "KernelSVDD",
    "kde": "KDE",
    "isolation-forest": "IsolationForest",
    "knn": "KNearestNeighbours",
    "lof": "LocalOutlierFactor",
    "mahalanobis": "Mahalanobis",
    "pca": "PCA",
}

_OWN = """    contamination : float in (0, 0.5] or 'auto', default=%r
        A number: so large a share of the data fitted on is called anomalous; all of them are trained on, unless `calibration` says
        otherwise. New data are called so more often, with KDE and neighbours much more: give `calibration`, too. 'auto': the threshold of the `svdd` command, set by the samples that `calibration` holds out.
    random_state : int, RandomState or None, default=None
        Of every random number; the same one, the same bits. None: the command's own seed.
    verbose : int, default=0
        1: how far a fit is, on standard error; 2: notes too.
"""


def _class_name(method):
    return _NAMES.get(method, "".join(word.capitalize() for word in method.split("-")))


# What the library calls the kinds of its options, in Python's words.
_KINDS = {"whole": "int", "real": "float", "flag": "bool", "text": "str", "list": "list of int", "text-or-real": "str or float"}


def _documentation(title, rows, contamination):
    text = [title + ".\n\n    A parameter that is None is as the `svdd` command has it for such data; `model_.info()` tells which that was.\n\n"
            "    Parameters\n    ----------\n", _OWN % (contamination,)]
    for row in rows:
        name, words = row["name"].replace("-", "_"), " ".join(row["help"].split())
        text.append("    %s : %s, default=None\n        %s\n" % (name, _KINDS.get(row["kind"], row["kind"]), words))
    return "".join(text)


def _constructor(defaults):
    """An __init__ with these parameters, by keyword alone, that does nothing but keep them, as scikit-learn wants it."""

    def __init__(self, **given):
        for name in given:
            if name not in defaults:
                raise TypeError("%s has no parameter %r; it has %s" % (type(self).__name__, name, ", ".join(defaults)))
        for name, value in defaults.items():
            setattr(self, name, given.get(name, value))

    parameters = [inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
    for name, value in defaults.items():
        parameters.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=value))
    __init__.__signature__ = inspect.Signature(parameters)
    return __init__


def add_classes(namespace, base, contamination):
    """Puts a class of each method, derived from `base`, into a module; returns their names."""
    names = []
    for method in methods():
        # The seed is random_state here, and contamination a matter of the face.
        rows = [row for row in options(method["name"]) if row["name"] not in ("seed", "contamination")]
        asked = tuple(row["name"].replace("-", "_") for row in rows)
        defaults = {"contamination": contamination, "random_state": None, "verbose": 0}
        defaults.update((name, None) for name in asked)

        name = _class_name(method["name"])
        namespace[name] = type(
            name,
            (base,),
            {
                "__init__": _constructor(defaults),
                "__doc__": _documentation(method["title"], rows, contamination),
                "__module__": namespace["__name__"],
                "_method": method["name"],
                "_asked": asked,
            },
        )
        names.append(name)
    return names


def seed_of(random_state):
    if random_state is None:
        return None
    if isinstance(random_state, numbers.Integral):
        return int(random_state)
    if hasattr(random_state, "randint"):  # numpy.random.RandomState
        return int(random_state.randint(np.iinfo(np.int32).max))
    if hasattr(random_state, "integers"):  # numpy.random.Generator
        return int(random_state.integers(np.iinfo(np.int32).max))
    raise ValueError("random_state is %r; expected a whole number, a RandomState or None" % (random_state,))


def fitted_model(detector, X, classes=None, columns=None):
    """(model, the scores of X or None): a model with the detector's parameters; scores where the contamination sets the
    threshold, which is then the model's."""
    asked = {name: getattr(detector, name) for name in detector._asked}
    contamination = detector.contamination
    by_share = False
    if isinstance(contamination, str) and contamination == "auto":
        pass
    elif isinstance(contamination, numbers.Real) and 0 < contamination <= 0.5:
        asked["contamination"] = float(contamination)
        by_share = asked["calibration"] is None
        if by_share:
            asked["calibration"] = 0
    else:
        raise ValueError("contamination is %r; expected a number in (0, 0.5], or 'auto'" % (contamination,))
    model = Model(detector._method, seed=seed_of(detector.random_state), **asked)
    model.fit(X, classes=classes, columns=columns, verbose=detector.verbose)
    if not by_share:
        return model, None
    scores = model.score(X)
    # The (1 - contamination)-quantile, by the arithmetic that both conventions have.
    model.threshold = float(-np.percentile(-scores.astype(np.float64), 100.0 * contamination))
    return model, scores
