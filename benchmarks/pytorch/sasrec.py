"""SASRec in PyTorch as it is commonly written: sequences padded to the maximum length, and the attention of the framework.

Times training steps on a file of `user item` lines and prints one line of JSON. Run by `pnpm bench train --peer torch`.
"""

import argparse
import json
import re
import time

import numpy
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, units, heads, dropout):
        super().__init__()
        self.attention_norm = nn.LayerNorm(units, eps=1e-8)
        self.attention = nn.MultiheadAttention(units, heads, dropout, batch_first=True)
        self.forward_norm = nn.LayerNorm(units, eps=1e-8)
        self.feed_forward = nn.Sequential(
            nn.Linear(units, units), nn.ReLU(), nn.Dropout(dropout), nn.Linear(units, units), nn.Dropout(dropout)
        )

    def forward(self, x, causal):
        query = self.attention_norm(x)
        x = query + self.attention(query, x, x, attn_mask=causal, need_weights=False)[0]
        x = self.forward_norm(x)
        return x + self.feed_forward(x)


class SASRec(nn.Module):
    def __init__(self, items, length, units, blocks, heads, dropout):
        super().__init__()
        self.items = nn.Embedding(items + 1, units, padding_idx=0)
        self.positions = nn.Embedding(length, units)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(Block(units, heads, dropout) for _ in range(blocks))
        self.norm = nn.LayerNorm(units, eps=1e-8)
        self.register_buffer("causal", torch.triu(torch.ones(length, length, dtype=torch.bool), 1))

    def forward(self, sequences):
        length = sequences.shape[1]
        x = self.items(sequences) * self.items.embedding_dim**0.5
        x = self.dropout(x + self.positions.weight[-length:])
        real = (sequences != 0).unsqueeze(-1)
        causal = self.causal[:length, :length]
        for block in self.blocks:
            x = block(x * real, causal)
        return self.norm(x)


def read_sequences(path):
    histories = {}
    with open(path) as lines:
        for line in lines:
            user, item = line.split()[:2]
            histories.setdefault(user, []).append(int(item))
    return [history[:-2] for history in histories.values() if len(history) >= 4]


def batches(histories, items, size, length, generator):
    while True:
        order = generator.permutation(len(histories))
        for start in range(0, len(order) - size + 1, size):
            inputs = numpy.zeros((size, length), dtype=numpy.int64)
            targets = numpy.zeros_like(inputs)
            for row, user in enumerate(order[start : start + size]):
                history = histories[user][-(length + 1) :]
                inputs[row, length - len(history) + 1 :] = history[:-1]
                targets[row, length - len(history) + 1 :] = history[1:]
            negatives = generator.integers(1, items + 1, size=inputs.shape) * (targets != 0)
            yield torch.from_numpy(inputs), torch.from_numpy(targets), torch.from_numpy(negatives)


def training_loss(model, inputs, targets, negatives):
    hidden = model(inputs)
    real = targets != 0
    positive = (hidden * model.items(targets)).sum(-1)[real]
    negative = (hidden * model.items(negatives)).sum(-1)[real]
    criterion = nn.BCEWithLogitsLoss()
    return criterion(positive, torch.ones_like(positive)) + criterion(negative, torch.zeros_like(negative))


def command_line():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dataset", required=True)
    for name, value in {"max-length": 50, "hidden-units": 50, "batch-size": 128, "blocks": 2, "heads": 1}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--dropout", type=float, default=0.5)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--warm-up", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    return parser


def describe_build():
    """Which PyTorch this is: its version, the library of its matrix products, its instructions and its threads."""
    settings = torch.__config__.show()
    found = re.search(r"BLAS_INFO=(\w+)", settings)
    return {
        "torch": torch.__version__,
        "blas": "mkl" if torch.backends.mkl.is_available() else found.group(1) if found else "unknown",
        "mkl": next((line.strip(" -") for line in settings.splitlines() if "Math Kernel Library" in line), None),
        "oneDNN": torch.backends.mkldnn.is_available(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
    }


def matmul_gflops(size=2048):
    left, right = torch.randn(size, size), torch.randn(size, size)
    rates = []
    for _ in range(8):
        start = time.perf_counter()
        left @ right
        rates.append(2 * size**3 / (time.perf_counter() - start) / 1e9)
    return sorted(rates)[4]


def main():
    options = command_line().parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    histories = read_sequences(options.dataset)
    items = max(max(history) for history in histories)
    model = SASRec(items, options.max_length, options.hidden_units, options.blocks, options.heads, options.dropout)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, betas=(0.9, 0.98))
    source = batches(histories, items, options.batch_size, options.max_length, numpy.random.default_rng(1))
    milliseconds = []
    for step in range(options.warm_up + options.steps):
        start = time.perf_counter()
        loss = training_loss(model, *next(source))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step >= options.warm_up:
            milliseconds.append((time.perf_counter() - start) * 1000)

    result = {
        "version": f"PyTorch {torch.__version__}",
        "build": describe_build(),
        "milliseconds": milliseconds,
        "loss": loss.item(),
        "matmulGflops": matmul_gflops(),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
