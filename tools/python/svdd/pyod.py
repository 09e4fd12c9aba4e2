"""The methods with the verbs of PyOD (which need not be installed): larger scores are more anomalous, labels are 0 and 1.

    from svdd.pyod import DeepSVDD
    detector = DeepSVDD(epochs=5, contamination=0.1).fit(X)
    detector.labels_, detector.decision_scores_, detector.predict_proba(X_new)
"""
import inspect
import math

import numpy as np

from ._classes import add_classes, fitted_model
from ._library import NotFittedError


class _Detector:
    def get_params(self, deep=True):
        names = inspect.signature(type(self).__init__).parameters
        return {name: getattr(self, name) for name in names if name != "self"}

    def set_params(self, **parameters):
        known = self.get_params()
        for name, value in parameters.items():
            if name not in known:
                raise ValueError("%s has no parameter %r; it has %s" % (type(self).__name__, name, ", ".join(known)))
            setattr(self, name, value)
        return self

    def __repr__(self):
        defaults = inspect.signature(type(self).__init__).parameters
        changed = ["%s=%r" % (n, v) for n, v in self.get_params().items() if v is not defaults[n].default]
        return "%s(%s)" % (type(self).__name__, ", ".join(changed))

    def _fitted(self):
        if not hasattr(self, "model_"):
            raise NotFittedError("this %s is not fitted yet; call fit first" % type(self).__name__)
        return self.model_

    def fit(self, X, y=None, classes=None):
        """Learns from X, (n, d) or images (n, h, w) or (n, c, h, w). y is not looked at."""
        self.model_, scores = fitted_model(self, X, classes)
        self.decision_scores_ = (self.model_.score(X) if scores is None else scores).astype(np.float64)
        self.threshold_ = self.model_.threshold
        self.labels_ = (self.decision_scores_ > self.threshold_).astype(int)
        return self

    def decision_function(self, X):
        return self._fitted().score(X).astype(np.float64)

    def predict(self, X):
        """0 for normal, 1 for anomalous."""
        return (self.decision_function(X) > self.threshold_).astype(int)

    def fit_predict(self, X, y=None):
        return self.fit(X, y).labels_

    def predict_proba(self, X, method="linear"):
        """(n, 2): of normal, of anomalous. 'linear': where the score lies between the least and the largest of the data fitted
        on; 'unify': by the error function about their mean (Kriegel et al., 2011). svdd.Model.p_values are probabilities in
        truth."""
        scores, fitted = self.decision_function(X), self.decision_scores_
        if method == "linear":
            low, high = fitted.min(), fitted.max()
            anomalous = (scores - low) / (high - low) if high > low else np.zeros_like(scores)
        elif method == "unify":
            spread = fitted.std() * math.sqrt(2)
            from_mean = (scores - fitted.mean()) / spread if spread > 0 else np.zeros_like(scores)
            anomalous = np.array([math.erf(z) for z in from_mean])
        else:
            raise ValueError("method is %r; expected 'linear' or 'unify'" % (method,))
        anomalous = np.clip(anomalous, 0, 1)
        return np.column_stack([1 - anomalous, anomalous])

    def p_values(self, X):
        return self._fitted().p_values(X)

    def explain(self, X):
        return self._fitted().explain(X)

    def save(self, folder):
        self._fitted().save(folder)


__all__ = add_classes(globals(), _Detector, contamination=0.1)
