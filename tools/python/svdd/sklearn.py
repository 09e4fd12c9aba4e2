"""The methods as scikit-learn's outlier detectors: larger `score_samples` is more normal, `predict` is 1 or -1.

    from svdd.sklearn import DeepSVDD
    detector = DeepSVDD(epochs=5, random_state=0).fit(X)
    detector.predict(X_new)
"""
import numpy as np
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils.validation import check_array, check_is_fitted

from ._classes import add_classes, fitted_model

try:
    from sklearn.utils.validation import validate_data  # scikit-learn 1.6 and later
except ImportError:

    def validate_data(estimator, X, **how):
        return estimator._validate_data(X, **how)


class _Detector(OutlierMixin, BaseEstimator):
    def _validated(self, X, reset):
        shape = X.shape if hasattr(X, "shape") else np.asarray(X).shape
        if len(shape) <= 2:
            numbers = [np.float64, np.float32]
            return validate_data(self, X, reset=reset, dtype=numbers, ensure_min_samples=2 if reset else 1)
        X = np.asarray(X)
        if X.dtype != np.uint8:  # which are images of 0 to 255
            X = check_array(X, allow_nd=True, dtype=[np.float64, np.float32])
        if reset:
            self.n_features_in_ = int(np.prod(shape[1:]))
        return X

    def fit(self, X, y=None, classes=None):
        """Learns from X, (n, d) or images (n, h, w) or (n, c, h, w). y is not looked at; `classes`: of the normal samples, for
        the method that uses them."""
        X = self._validated(X, reset=True)
        columns = getattr(self, "feature_names_in_", None) if X.ndim == 2 else None
        self.model_, _ = fitted_model(self, X, classes, columns)
        self.offset_ = -self.model_.threshold
        return self

    def score_samples(self, X):
        """Of each sample how normal it is: minus the method's score."""
        check_is_fitted(self)
        return -self.model_.score(self._validated(X, reset=False)).astype(np.float64)

    def decision_function(self, X):
        """score_samples(X) - offset_: below 0 is anomalous."""
        return self.score_samples(X) - self.offset_

    def predict(self, X):
        """1 for normal, -1 for anomalous."""
        return np.where(self.decision_function(X) >= 0, 1, -1)

    def p_values(self, X):
        """How often a normal sample would be at least as anomalous: in (0, 1]."""
        check_is_fitted(self)
        return self.model_.p_values(self._validated(X, reset=False))

    def explain(self, X):
        """As svdd.Model.explain: positive where the column, or the place, makes the sample more anomalous."""
        check_is_fitted(self)
        return self.model_.explain(self._validated(X, reset=False))

    def save(self, folder):
        """Writes a model folder, which svdd.load and every command's --model read."""
        check_is_fitted(self)
        self.model_.save(folder)


__all__ = add_classes(globals(), _Detector, contamination="auto")
