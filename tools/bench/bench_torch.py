#!/usr/bin/env python3
"""The steps of `svdd bench` in PyTorch, for `--compare torch`: one request a line on standard input, the seconds of one
epoch a line on standard output. Requests: "mnist svdd", "mnist autoencoder", "mnist score", "cifar10 …", "dasvdd train".

The strongest plain loop: data resident and normalised, batches of 200, Adam with L2 weight decay, the same networks,
losses and numbers of samples as tools/bench/bench_steps.cc. On a GPU in full float32, eagerly ("cuda") or with the step captured
once and replayed ("cuda-graph").   Usage: bench_torch.py THREADS cpu|cuda|cuda-graph
"""
import sys, time
import torch, torch.nn as nn

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(0)
batch = 200
as_graph = sys.argv[2] == "cuda-graph"
device = torch.device("cuda" if as_graph else sys.argv[2])
torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.benchmark = True


def lenet(net):
    bn = lambda c: nn.BatchNorm2d(c, eps=1e-4, affine=False)
    act, up, pool = nn.LeakyReLU(0.01), nn.Upsample(scale_factor=2), nn.MaxPool2d(2)
    conv = lambda i, o: nn.Conv2d(i, o, 5, padding=2, bias=False)
    deconv = lambda i, o, p=2: nn.ConvTranspose2d(i, o, 5, padding=p, bias=False)
    if net == "mnist":
        encoder = nn.Sequential(conv(1, 8), bn(8), act, pool, conv(8, 4), bn(4), act, pool, nn.Flatten(),
                                nn.Linear(196, 32, bias=False))
        decoder = nn.Sequential(nn.Unflatten(1, (2, 4, 4)), act, up, deconv(2, 4), bn(4), act, up, deconv(4, 8, 3),
                                bn(8), act, up, deconv(8, 1), nn.Sigmoid())
        return torch.rand(6131, 1, 28, 28, device=device), 32, encoder.to(device), decoder.to(device)
    encoder = nn.Sequential(conv(3, 32), bn(32), act, pool, conv(32, 64), bn(64), act, pool, conv(64, 128), bn(128),
                            act, pool, nn.Flatten(), nn.Linear(2048, 128, bias=False))
    decoder = nn.Sequential(nn.BatchNorm1d(128, eps=1e-4, affine=False), nn.Unflatten(1, (8, 4, 4)), act,
                            deconv(8, 128), bn(128), act, up, deconv(128, 64), bn(64), act, up, deconv(64, 32),
                            bn(32), act, up, deconv(32, 3), nn.Sigmoid())
    return torch.rand(5000, 3, 32, 32, device=device), 128, encoder.to(device), decoder.to(device)


def dasvdd():
    act = nn.LeakyReLU(0.01)
    encoder = nn.Sequential(nn.Linear(784, 1024), act, nn.Linear(1024, 256), act, nn.Linear(256, 256), act)
    decoder = nn.Sequential(nn.Linear(256, 256), act, nn.Linear(256, 1024), act, nn.Linear(1024, 784), nn.Sigmoid())
    return torch.rand(6131, 784, device=device), 256, encoder.to(device), decoder.to(device)


def epoch_of(net, phase):
    x, rep_dim, encoder, decoder = dasvdd() if net == "dasvdd" else lenet(net)
    centre = torch.full((rep_dim,), 0.1, device=device)
    parameters = list(encoder.parameters()) + (list(decoder.parameters()) if phase != "svdd" else [])
    fastest = {"fused": True} if device.type == "cuda" else {}
    adam = torch.optim.Adam(parameters, lr=1e-4, weight_decay=5e-7, capturable=as_graph, **fastest)
    if phase == "score":
        encoder.eval()

    def loss_of(b):
        z = encoder(b)
        if phase == "svdd":
            return ((z - centre) ** 2).sum(1).mean()
        if phase == "autoencoder":
            return ((decoder(z) - b) ** 2).flatten(1).sum(1).mean()
        return ((decoder(z) - b) ** 2).mean() + 0.5 * ((z - centre) ** 2).sum(1).mean()

    def step(b):
        if phase == "score":
            with torch.no_grad():
                return ((encoder(b) - centre) ** 2).sum(1)
        adam.zero_grad(set_to_none=True)
        loss_of(b).backward()
        adam.step()

    graphs = {}

    def replayed(rows):
        """The step as a graph, one for each batch size, which reads its rows from a place of its own."""
        if len(rows) not in graphs:
            place, graph, aside = rows.clone(), torch.cuda.CUDAGraph(), torch.cuda.Stream()
            aside.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(aside):
                for _ in range(3):
                    step(x[place])
            torch.cuda.current_stream().wait_stream(aside)
            with torch.cuda.graph(graph):
                step(x[place])
            graphs[len(rows)] = place, graph
        place, graph = graphs[len(rows)]
        place.copy_(rows)
        graph.replay()

    def epoch():
        order = torch.randperm(len(x), device=device) if phase != "score" else torch.arange(len(x), device=device)
        for i in range(0, len(x), batch):
            rows = order[i:i + batch]
            if as_graph:
                replayed(rows)
            else:
                step(x[rows] if phase != "score" else x[i:i + batch])
    return epoch


def wait():
    if device.type == "cuda":
        torch.cuda.synchronize()


ready = {}
for line in sys.stdin:
    if line not in ready:
        ready[line] = epoch_of(*line.split())
        ready[line]()  # the first epoch warms up
    wait()
    start = time.perf_counter()
    ready[line]()
    wait()
    seconds = time.perf_counter() - start
    if device.type == "cpu":
        time.sleep(0.3)  # OpenMP's threads wait for more work with a processor held: let them fall asleep first
    print(seconds, flush=True)
