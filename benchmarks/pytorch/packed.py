"""SASRec in PyTorch at its best: the tokens of a batch packed without padding, attention in buckets of similar length.

The model, its weights, the data, the batch size and the dropout are those of `sasrec.py`. The indices of a batch are made
once, when it is prepared; one lookup and one scatter serve inputs, targets and negatives; Adam is fused. Before it times,
it checks its loss and gradients against `sasrec.py`, and tries its settings (precision, attention, buckets) for a few steps
each. Prints one line of JSON. Run by `pnpm bench train --peer torch-packed`.
"""

import functools
import itertools
import json
import math
import statistics
import time
from dataclasses import dataclass

import numpy
import torch
from sasrec import SASRec, batches, command_line, describe_build, matmul_gflops, read_sequences, training_loss
from torch.nn import functional as F


@dataclass
class Bucket:
    """Sequences of similar length, one after another in the packed tokens, padded to `length` at the end for attention."""

    tokens: int
    count: int
    length: int
    slots: torch.Tensor | None  # where each token goes among the `count * length` padded ones; None where none is padding


@dataclass
class Batch:
    ids: torch.Tensor  # inputs, targets and negatives, one after another
    positions: torch.Tensor
    buckets: list[Bucket]


def pack(inputs, targets, negatives, lengths, max_length, ratio):
    """Makes the indices of a batch from packed arrays, the longest sequence first.

    A bucket ends where a sequence is shorter than `ratio` times its longest one.
    """
    starts = numpy.concatenate([[0], numpy.cumsum(lengths)])
    within = numpy.arange(starts[-1]) - numpy.repeat(starts[:-1], lengths)
    buckets = []
    first = 0
    while first < len(lengths):
        longest = int(lengths[first])
        last = int(numpy.searchsorted(-lengths, -max(ratio * longest, 1), side="right"))
        start, end, count = int(starts[first]), int(starts[last]), last - first
        slots = None
        if end - start < count * longest:
            rows = numpy.repeat(numpy.arange(count) * longest, lengths[first:last])
            slots = torch.from_numpy(rows + within[start:end])
        buckets.append(Bucket(end - start, count, longest, slots))
        first = last
    ids = torch.from_numpy(numpy.concatenate([inputs, targets, negatives]))
    return Batch(ids, torch.from_numpy(within + max_length - numpy.repeat(lengths, lengths)), buckets)


def packed_batches(histories, items, size, max_length, ratio, generator):
    lengths = numpy.array([len(history) for history in histories])
    ends = numpy.cumsum(lengths)
    flat = numpy.concatenate(histories).astype(numpy.int64)
    lengths = numpy.minimum(lengths - 1, max_length)
    while True:
        order = generator.permutation(len(histories))
        for start in range(0, len(order) - size + 1, size):
            users = order[start : start + size]
            users = users[numpy.argsort(-lengths[users], kind="stable")]
            own = lengths[users]
            total = own.sum()
            at = numpy.arange(total) + numpy.repeat(ends[users] - 1 - numpy.cumsum(own), own)
            negatives = generator.integers(1, items + 1, size=total)
            yield pack(flat[at], flat[at + 1], negatives, own, max_length, ratio)


class Pad(torch.autograd.Function):
    """`[tokens, units]` to `[count, length, units]`, zeros at the end of shorter sequences."""

    @staticmethod
    def forward(context, x, bucket):
        context.slots = bucket.slots
        padded = x.new_zeros(bucket.count * bucket.length, x.shape[1])
        return padded.index_copy_(0, bucket.slots, x).view(bucket.count, bucket.length, -1)

    @staticmethod
    def backward(context, gradient):
        return gradient.flatten(0, 1).index_select(0, context.slots), None


class Unpad(torch.autograd.Function):
    """The inverse of `Pad`."""

    @staticmethod
    def forward(context, x, bucket):
        context.slots, context.shape = bucket.slots, x.shape
        return x.flatten(0, 1).index_select(0, bucket.slots)

    @staticmethod
    def backward(context, gradient):
        count, length, units = context.shape
        padded = gradient.new_zeros(count * length, units)
        return padded.index_copy_(0, context.slots, gradient).view(count, length, units), None


def composed_attention(query, key, value, dropout, causal):
    length = query.shape[-2]
    scores = torch.baddbmm(causal[:length, :length], query, key.transpose(1, 2), alpha=1 / math.sqrt(query.shape[-1]))
    weights = scores.softmax(-1)
    if dropout > 0:
        # Kept weights are scaled with the values, which are smaller.
        weights = weights * torch.empty_like(weights).bernoulli_(1 - dropout)
        value = value / (1 - dropout)
    return weights @ value


def sdpa(query, key, value, dropout, _):
    query, key, value = query.unsqueeze(1), key.unsqueeze(1), value.unsqueeze(1)
    return F.scaled_dot_product_attention(query, key, value, dropout_p=dropout, is_causal=True).squeeze(1)


attentions = {"scaled_dot_product_attention": sdpa, "composed": composed_attention}


class PackedSASRec(SASRec):
    """The same weights as `SASRec`, for one head. Padding at the end needs no mask: causal attention does not look ahead."""

    def attend(self, query, key_value, buckets, dropout, attention):
        sizes = [bucket.tokens for bucket in buckets]
        results = []
        for bucket, q, kv in zip(buckets, query.split(sizes), key_value.split(sizes)):
            if bucket.slots is None:
                q, kv = (x.view(bucket.count, bucket.length, -1) for x in (q, kv))
            else:
                q, kv = Pad.apply(q, bucket), Pad.apply(kv, bucket)
            result = attention(q, *kv.chunk(2, -1), dropout, self.causal_bias(q.dtype))
            results.append(result.flatten(0, 1) if bucket.slots is None else Unpad.apply(result, bucket))
        return results[0] if len(results) == 1 else torch.cat(results)

    def block(self, block, x, buckets, attention):
        layer = block.attention
        units = x.shape[1]
        query = block.attention_norm(x)
        weight, bias = layer.in_proj_weight, layer.in_proj_bias
        q = F.linear(query, weight[:units], bias[:units])
        kv = F.linear(x, weight[units:], bias[units:])
        x = query + layer.out_proj(self.attend(q, kv, buckets, layer.dropout, attention))
        x = block.forward_norm(x)
        return x + block.feed_forward(x)

    def loss(self, batch, attention):
        inputs, targets, negatives = self.items(batch.ids).chunk(3)
        x = self.dropout(inputs * self.items.embedding_dim**0.5 + self.positions(batch.positions))
        for block in self.blocks:
            x = self.block(block, x, batch.buckets, attention)
        x = self.norm(x)
        positive, negative = (x * targets).sum(-1), (x * negatives).sum(-1)
        return F.softplus(-positive).mean() + F.softplus(negative).mean()

    @functools.cache
    def causal_bias(self, dtype):
        return torch.zeros(self.causal.shape, dtype=dtype).masked_fill_(self.causal, -math.inf)


def largest_difference(histories, items, options):
    """Compares the loss and gradients of one batch, without dropout and in float64, with those of `sasrec.py`.

    `sasrec.py` lets a token attend to the padding before it, so it is given each sequence alone, without padding.
    """
    torch.manual_seed(7)
    eager, packed = (
        kind(items, options.max_length, options.hidden_units, options.blocks, options.heads, 0).double()
        for kind in (SASRec, PackedSASRec)
    )
    packed.load_state_dict(eager.state_dict())
    padded = next(batches(histories, items, options.batch_size, options.max_length, numpy.random.default_rng(7)))
    inputs, targets, negatives = padded
    lengths = (targets != 0).sum(1)
    order = torch.argsort(lengths, descending=True, stable=True)
    expected = 0
    for row in order:
        own = [x[row : row + 1, -lengths[row] :] for x in padded]
        loss = training_loss(eager, *own) * lengths[row] / lengths.sum()
        loss.backward()
        expected += loss.item()
    flat = [x[order][targets[order] != 0].numpy() for x in padded]
    differences = []
    for name, ratio in itertools.product(attentions, (0.5, 1)):
        batch = pack(*flat, lengths[order].numpy(), options.max_length, ratio)
        packed.zero_grad()
        loss = packed.loss(batch, attentions[name])
        loss.backward()
        differences.append(abs(loss.item() - expected) / expected)
        for own, other in zip(packed.parameters(), eager.parameters()):
            differences.append(((own.grad - other.grad).abs().max() / other.grad.abs().max()).item())
    return max(differences)


class Trainer:
    """Trains one model with one combination of settings."""

    def __init__(self, histories, items, options, precision, attention, ratio):
        torch.manual_seed(1)
        self.model = PackedSASRec(
            items, options.max_length, options.hidden_units, options.blocks, options.heads, options.dropout
        )
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3, betas=(0.9, 0.98), fused=True)
        self.source = packed_batches(
            histories, items, options.batch_size, options.max_length, ratio, numpy.random.default_rng(1)
        )
        self.attention = attentions[attention]
        self.autocast = torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bfloat16")
        self.settings = {"precision": precision, "attention": attention, "bucketRatio": ratio}

    def step(self):
        """Returns the milliseconds of a step, and its loss."""
        start = time.perf_counter()
        batch = next(self.source)
        with self.autocast:
            loss = self.model.loss(batch, self.attention)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return (time.perf_counter() - start) * 1000, loss


def main():
    parser = command_line()
    parser.add_argument("--precision", choices=["float32", "bfloat16", "fastest"], default="fastest")
    parser.add_argument("--trial-steps", type=int, default=4)
    options = parser.parse_args()
    if options.heads != 1:
        parser.error("packed.py has one head")

    torch.set_num_threads(options.threads)
    histories = read_sequences(options.dataset)
    items = max(max(history) for history in histories)
    difference = largest_difference(histories, items, options)
    if not difference < 1e-9:
        raise SystemExit(f"packed.py and sasrec.py disagree: relative difference {difference}")

    precisions = ["float32", "bfloat16"] if options.precision == "fastest" else [options.precision]
    trials = [
        Trainer(histories, items, options, *settings)
        for settings in itertools.product(precisions, attentions, (0, 0.5, 0.75, 0.9))
    ]

    def trial_time(trainer):
        return statistics.median(trainer.step()[0] for _ in range(options.trial_steps))

    for trainer in trials:
        trainer.step()
    # One step rules out what is far slower, such as bfloat16 on a CPU without instructions for it.
    times = [trainer.step()[0] for trainer in trials]
    close = [place for place, time in enumerate(times) if time < 2 * min(times)]
    # Twice over the others, so that a moment of other load does not decide.
    for place, *pair in zip(close, *([trial_time(trials[place]) for place in close] for _ in range(2))):
        times[place] = min(pair)
    trainer = trials[times.index(min(times))]

    for _ in range(options.warm_up):
        trainer.step()
    milliseconds, losses = zip(*(trainer.step() for _ in range(options.steps)))

    def best(precision):
        return min(time for time, trial in zip(times, trials) if trial.settings["precision"] == precision)

    result = {
        "version": f"PyTorch {torch.__version__}, packed, {trainer.settings['precision']}",
        "build": describe_build(),
        "settings": trainer.settings,
        "trials": [{**trial.settings, "ms": round(time, 3)} for time, trial in zip(times, trials)],
        "bestMs": {precision: best(precision) for precision in precisions},
        "largestDifference": difference,
        "milliseconds": milliseconds,
        "loss": losses[-1].item(),
        "matmulGflops": matmul_gflops(),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
