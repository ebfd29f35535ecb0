"""The machine's own limits as PyTorch reaches them: float32 matmul on the model's shapes, and the read bandwidth."""
import json
import os

import torch
import torch.nn.functional as F

from measure import summary, timed


def shapes(args):
    """(in, out) of every linear layer of one block, then the unembedding."""
    with open(os.path.join(args.model, "config.json")) as f:
        c = json.load(f)
    d, heads, mlp = c["hidden_size"], c["num_attention_heads"], c["intermediate_size"]
    width = c.get("head_dim") or d // heads
    groups = c.get("num_key_value_heads") or heads
    return dict(q=(d, heads * width), k=(d, groups * width), v=(d, groups * width), o=(heads * width, d),
                gate=(d, mlp), up=(d, mlp), down=(mlp, d)), dict(unembed=(d, c["vocab_size"]))


def matmul(args):
    """GFLOP/s of F.linear for --T rows; `block` is all linear layers of one block one after another, each with its own weight."""
    rows, reps = args.T or 512, max(args.reps, 20)
    block, head = shapes(args)
    layers = {n: (torch.randn(rows, i), torch.randn(o, i)) for n, (i, o) in {**block, **head}.items()}
    rate = lambda flops, s: dict(max=round(flops / s["min"] / 1e9, 1), median=round(flops / s["median"] / 1e9, 1))
    flops = lambda i, o: 2 * rows * i * o
    out = {}
    for name, (i, o) in {**{n: block[n] for n in ("q", "k", "gate", "down")}, **head}.items():
        x, w = layers[name]
        out[f"{rows}x{i}x{o}"] = rate(flops(i, o), timed(lambda: F.linear(x, w), reps, 3))
    whole = timed(lambda: [F.linear(*layers[n]) for n in block], reps, 3)
    return dict(T=rows, seconds=whole, gflops=dict(block=rate(sum(flops(*s) for s in block.values()), whole), **out))


def bandwidth(args):
    """GB/s of reading 1 GB (sum, all threads) and of one row times a 0.6 GB matrix, which is what decoding does."""
    x, w, v = torch.ones(250_000_000), torch.randn(100_000, 1536), torch.randn(1, 1536)
    total, row = timed(lambda: x.sum(), max(args.reps, 5)), timed(lambda: F.linear(v, w), max(args.reps, 10))
    gb = lambda n, s: dict(max=round(n / s["min"], 2), median=round(n / s["median"], 2))
    return dict(seconds=total, gb_per_s=dict(sum_1gb=gb(1.0, total), row_times_matrix=gb(w.numel() * 4 / 1e9, row)))


def disk(args):
    """MB/s of writing 1 GiB to --out and syncing it."""
    import time
    block, seconds = os.urandom(1 << 24), []
    path = os.path.join(args.out or ".", "write-rate.tmp")
    for _ in range(args.reps):
        start = time.perf_counter()
        with open(path, "wb") as f:
            for _ in range(64):
                f.write(block)
            f.flush()
            os.fsync(f.fileno())
        seconds.append(time.perf_counter() - start)
        os.remove(path)
    s = summary(seconds)
    return dict(seconds=s, mb_per_s=dict(max=round(1024 / s["min"]), median=round(1024 / s["median"])))
