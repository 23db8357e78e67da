"""Workloads that are training steps of common models, and an epoch of a loader."""

from __future__ import annotations

import itertools

from rushlight.bench.table import training, workload


def _classifier(torch, model, x, classes, optimizer, **options):
    batches = itertools.repeat((x, torch.randint(0, classes, (len(x),))))
    return training(torch, model, torch.nn.CrossEntropyLoss(), batches, optimizer, **options)


@workload(0.8)
def mlp_wide(torch):
    """MLP 784-1024-10, batch 256, SGD"""
    nn = torch.nn
    model = nn.Sequential(nn.Linear(784, 1024), nn.ReLU(), nn.Linear(1024, 10))
    return _classifier(torch, model, torch.rand(256, 784), 10, "SGD", lr=0.01)


@workload(1.0)
def cnn_mnist(torch):
    """CNN of two convolutions, 64 x 28x28, SGD"""
    nn = torch.nn
    model = nn.Sequential(
        *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10)),
    )
    return _classifier(torch, model, torch.rand(64, 1, 28, 28), 10, "SGD", lr=0.01)


@workload(1.0)
def transformer(torch):
    """transformer, 2 blocks, width 128, 64 tokens, batch 16, AdamW"""
    nn = torch.nn

    class Block(nn.Module):
        def __init__(self, width, heads):
            super().__init__()
            self.heads = heads
            self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
            self.qkv = nn.Linear(width, 3 * width)
            self.out = nn.Linear(width, width)
            self.mlp = nn.Sequential(
                nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
            )

        def forward(self, x):
            n, length, width = x.shape
            split = self.qkv(self.norms[0](x)).view(n, length, 3, self.heads, width // self.heads)
            q, k, v = split.permute(2, 0, 3, 1, 4)
            seen = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.out(seen.transpose(1, 2).reshape(n, length, width))
            return x + self.mlp(self.norms[1](x))

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.token = nn.Embedding(65, 128)
            self.place = nn.Embedding(64, 128)
            self.blocks = nn.Sequential(Block(128, 4), Block(128, 4))
            self.head = nn.Sequential(nn.LayerNorm(128), nn.Linear(128, 65))

        def forward(self, tokens):
            x = self.token(tokens) + self.place(torch.arange(tokens.shape[1]))
            return self.head(self.blocks(x)).flatten(0, 1)

    tokens = torch.randint(0, 65, (16, 65))
    batches = itertools.repeat((tokens[:, :-1], tokens[:, 1:].flatten()))
    return training(torch, Model(), nn.CrossEntropyLoss(), batches, "AdamW", lr=1e-4)


def _recurrent(torch, kind):
    nn = torch.nn

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.cells = getattr(nn, kind)(16, 64, batch_first=True)
            self.head = nn.Linear(64, 10)

        def forward(self, x):
            return self.head(self.cells(x)[0][:, -1])

    return _classifier(torch, Model(), torch.randn(32, 32, 16), 10, "SGD", lr=0.01)


@workload(0.8)
def lstm(torch):
    """LSTM, width 64, 32 steps, batch 32, SGD"""
    return _recurrent(torch, "LSTM")


@workload(0.8)
def gru(torch):
    """GRU, width 64, 32 steps, batch 32, SGD"""
    return _recurrent(torch, "GRU")


@workload(0.1)
def loader_epoch(torch):
    """DataLoader of 60,000 x 784 in memory, batch 128, shuffled: an epoch"""
    data = torch.utils.data
    dataset = data.TensorDataset(torch.rand(60_000, 784), torch.randint(0, 10, (60_000,)))
    loader = data.DataLoader(dataset, batch_size=128, shuffle=True)

    def epoch():
        total = 0
        for _, y in loader:
            total += len(y)
        return torch.tensor(float(total))

    return epoch
