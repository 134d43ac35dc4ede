"""SASRec in PyTorch as it is commonly written: sequences padded to the maximum length, and the attention of the framework.

Times training steps on a file of `user item` lines and prints one line of JSON. Run by `pnpm bench train --peer torch`.
"""

import argparse
import json
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
        x = self.items(sequences) * self.items.embedding_dim**0.5
        x = self.dropout(x + self.positions.weight)
        real = (sequences != 0).unsqueeze(-1)
        for block in self.blocks:
            x = block(x * real, self.causal)
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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dataset", required=True)
    for name, value in {"max-length": 50, "hidden-units": 50, "batch-size": 128, "blocks": 2, "heads": 1}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--dropout", type=float, default=0.5)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--warm-up", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    histories = read_sequences(options.dataset)
    items = max(max(history) for history in histories)
    model = SASRec(items, options.max_length, options.hidden_units, options.blocks, options.heads, options.dropout)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, betas=(0.9, 0.98))
    criterion = nn.BCEWithLogitsLoss()
    source = batches(histories, items, options.batch_size, options.max_length, numpy.random.default_rng(1))
    milliseconds = []
    for step in range(options.warm_up + options.steps):
        start = time.perf_counter()
        inputs, targets, negatives = next(source)
        hidden = model(inputs)
        real = targets != 0
        positive = (hidden * model.items(targets)).sum(-1)[real]
        negative = (hidden * model.items(negatives)).sum(-1)[real]
        loss = criterion(positive, torch.ones_like(positive)) + criterion(negative, torch.zeros_like(negative))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step >= options.warm_up:
            milliseconds.append((time.perf_counter() - start) * 1000)

    size = 2048
    left, right = torch.randn(size, size), torch.randn(size, size)
    rates = []
    for _ in range(8):
        start = time.perf_counter()
        left @ right
        rates.append(2 * size**3 / (time.perf_counter() - start) / 1e9)
    version = f"PyTorch {torch.__version__}"
    print(json.dumps({"version": version, "milliseconds": milliseconds, "loss": loss.item(), "matmulGflops": sorted(rates)[4]}))


if __name__ == "__main__":
    main()
