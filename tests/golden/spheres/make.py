#!/usr/bin/python3
"""Whole trainings of Multi-Radius and Multi-sphere SVDD by PyTorch, in double, for sphere_trajectories_test.cc.

PyTorch follows our detectors from the same first weights over the same batches: both are drawn here anew by the rules of
engine/random.h. The network is `mlp` 12-10-6: what is tested is the spheres, not the layers. Nothing here is shared with
the program but those rules; run it again only where they change:  tests/golden/spheres/make.py
"""
import math
import os

import numpy as np
import torch

SEED, FEATURES, HIDDEN, P, BATCH = 7, 12, 10, 6, 4
MASK = 0xFFFFFFFF


def philox(counter, key):
    x, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * x[0], 0xCD9E8D57 * x[2]
        x = [p1 >> 32 ^ x[1] ^ k[0], p1 & MASK, p0 >> 32 ^ x[3] ^ k[1], p0 & MASK]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return x


def words(stream, index):
    h = 0xCBF29CE484222325
    for c in stream.encode():
        h = (h ^ c) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return philox([index & MASK, index >> 32, h & MASK, h >> 32], [SEED & MASK, SEED >> 32])


def first_weights(name, out, fan_in):
    bound = np.float32(1 / math.sqrt(fan_in))
    u = np.array([words("init/" + name, i)[0] >> 8 for i in range(out * fan_in)], np.float32) * np.float32(2.0**-24)
    return (-bound + (bound + bound) * u).reshape(out, fan_in)


def permutation(n, stream):
    order = list(range(n))
    for i in range(n - 1, 0, -1):
        w = words(stream, i)
        j = (i + 1) * (w[1] << 32 | w[0]) >> 64
        order[i], order[j] = order[j], order[i]
    return order


def blobs(sizes, spread, rng):
    """Rows about one point for each class, as float32, and their classes."""
    centres = rng.normal(0, 2, (len(sizes), FEATURES))
    classes = np.repeat(np.arange(len(sizes)), sizes)
    return (centres[classes] + rng.normal(0, spread, (len(classes), FEATURES))).astype(np.float32), classes


class Mlp(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = torch.nn.Linear(FEATURES, HIDDEN, bias=False), torch.nn.Linear(HIDDEN, P, bias=False)
        with torch.no_grad():
            self.fc1.weight.copy_(torch.tensor(first_weights("fc1.weight", HIDDEN, FEATURES)))
            self.fc2.weight.copy_(torch.tensor(first_weights("fc2.weight", P, HIDDEN)))

    def forward(self, x):
        return self.fc2(torch.nn.functional.leaky_relu(self.fc1(x), 0.01))


def centres_of(z, k, count):
    c = torch.stack([z[k == i].mean(0) for i in range(count)])
    c[(c.abs() < 0.1) & (c < 0)] = -0.1
    c[(c.abs() < 0.1) & (c >= 0)] = 0.1
    return c


def train(net, x, method, epochs, batch, loss_of, after_step, after_epoch):
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [5], 0.1)
    losses = []
    for epoch in range(epochs):
        order, total = permutation(len(x), f"shuffle/{method}/{epoch}"), 0.0
        for begin in range(0, len(x), batch):
            rows = order[begin:begin + batch]
            optimizer.zero_grad()
            loss, d = loss_of(rows)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
            after_step(epoch, rows, d.detach())
        schedule.step()
        losses.append(total / len(x))
        after_epoch()
    return losses


def save(name, **arrays):
    folder = os.path.dirname(os.path.abspath(__file__))
    plain = {k: np.asarray(v.detach() if isinstance(v, torch.Tensor) else v) for k, v in arrays.items()}
    np.savez_compressed(os.path.join(folder, name + ".npz"), **plain)
    print(name, {k: v.shape for k, v in plain.items()})


def multi_radius(objective):
    rng, nu, warm_up = np.random.default_rng(1), 0.1, 2
    rows, classes = blobs([40, 37, 5], 1.0, rng)  # some batches hold none of the last
    test = rng.normal(0, 2, (20, FEATURES)).astype(np.float32)
    x, k, t = torch.tensor(rows).double(), torch.tensor(classes), torch.tensor(test).double()
    net = Mlp().double()
    c, radii, history, absent = centres_of(net(x).detach(), k, 3), torch.zeros(3).double(), [], 0

    def loss_of(batch):
        nonlocal absent
        d = ((net(x[batch]) - c[k[batch]])**2).sum(1)
        if objective == "one_class":
            return d.mean(), d
        present = [i for i in range(3) if (k[batch] == i).any()]
        absent += len(present) < 3
        outside = [torch.clamp(d[k[batch] == i] - radii[i]**2, min=0).mean() / nu for i in present]
        return sum(radii[i]**2 + o for i, o in zip(present, outside)) / len(present), d

    def after_step(epoch, batch, d):
        if objective == "one_class" or epoch < warm_up:
            return
        for i in range(3):
            if (k[batch] == i).any():
                radii[i] = float(np.quantile(np.sqrt(d[k[batch] == i].numpy()), 1 - nu))

    losses = train(net, x, "multi-radius", 8, BATCH, loss_of, after_step, lambda: history.append(radii.clone()))
    assert objective == "one_class" or absent > 0
    d = ((net(t)[:, None] - c[None])**2).sum(2)
    nearest = d.argmin(1)
    scores = d[torch.arange(len(t)), nearest] - radii[nearest]**2
    save("multi_radius_" + objective, rows=rows, classes=classes, test=test, losses=losses,
         radii=torch.stack(history), scores=scores, embedded=net(t))


def multi_sphere(objective):
    rng, nu, sizes = np.random.default_rng(20), 0.3, [30, 26, 24, 9, 4]
    rows, classes = blobs(sizes, 0.4, rng)
    test = rng.normal(0, 2, (20, FEATURES)).astype(np.float32)
    x, k, t = torch.tensor(rows).double(), torch.tensor(classes), torch.tensor(test).double()
    net = Mlp().double()
    # k-means must find the classes, so that the spheres begin alike here and there.
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score
    z = net(x).detach()
    assert adjusted_rand_score(classes, KMeans(len(sizes), n_init=20, random_state=0).fit(z.numpy()).labels_) == 1
    c, history = centres_of(z, k, len(sizes)), []

    def squared(z):
        return ((z[:, None] - c[None])**2).sum(2)

    def fitted(d, k, least):
        r = torch.zeros(len(sizes)).double()
        for i in range(len(sizes)):
            own = d[k == i, i]
            if len(own) >= least:
                r[i] = own.sort(descending=True)[0][max(1, int(nu * len(own))) - 1].sqrt()
        return r

    radii = fitted(squared(z), k, 1)

    def nearest_live(d):
        return torch.where(radii[None] > 0, d, torch.full_like(d, math.inf)).argmin(1)

    def margin(z):
        d = squared(z)
        i = nearest_live(d.detach())
        return d[torch.arange(len(z)), i] - radii[i]**2

    def loss_of(batch):
        outside = torch.clamp(margin(net(x[batch])), min=0).mean() / nu
        return outside + (radii[radii > 0]**2).mean() if objective == "soft_boundary" else outside, outside

    def after_epoch():
        nonlocal radii
        d = squared(net(x).detach())
        i = nearest_live(d)
        counts = [int((i == j).sum()) for j in range(len(sizes))]
        radii = fitted(d, i, max(1, int(nu * max(counts))))
        history.append(radii.clone())
        # The samples that set the radii are on the spheres, and rounding would decide on which side. So none of
        # them may be in the next batch, the last one before the network moves.
        first = permutation(len(x), f"shuffle/multi-sphere/{len(history)}")[:BATCH]
        gap = d[torch.arange(len(x)), i] - radii[i]**2
        assert gap[first].abs().min() > 1e-4, "a sample of the next batch is on a sphere: take another seed"

    losses = train(net, x, "multi-sphere", 8, BATCH, loss_of, lambda *_: None, after_epoch)
    print("alive after each epoch:", [int((r > 0).sum()) for r in history])
    save("multi_sphere_" + objective, rows=rows, classes=classes, test=test, losses=losses,
         radii=torch.stack(history), scores=margin(net(t)), embedded=net(t))


for each in ("one_class", "soft_boundary"):
    multi_radius(each)
for each in ("hard_margin", "soft_boundary"):
    multi_sphere(each)
