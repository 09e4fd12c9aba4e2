import numpy as np
import svdd

X = np.random.RandomState(0).normal(size=(500, 3))                 # rows that are normal; or images, (n, c, h, w)
model = svdd.Model("deep-svdd", epochs=5, seed=1).fit(X, columns=["height", "width", "weight"])
odd = [[0, 0, 9]]
print(model.score(odd), model.threshold, model.p_values(odd))      # larger is more anomalous
print(model.explain(odd))                                          # what each column adds to the score
model.save("model")                                                # svdd score --model model --input new.csv reads it
assert (svdd.load("model").score(odd) == model.score(odd)).all()   # bit for bit; so does a folder that svdd train wrote
