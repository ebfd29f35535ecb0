"""Activation patching of one pair of texts in plain PyTorch: z of every head, and resid_pre of every layer x position.

--ids is an object {clean, corrupt: ids of equal length, answer, wrong: one id each}. The clean and the corrupt pass are part of the
time. Results are recoveries: 0 as the corrupt run, 1 as the clean one.
"""
import json

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from ablation import Llama
from measure import memory, peak_anonymous, timed


class Pair:
    def __init__(self, args, model):
        with open(args.ids) as f:
            given = json.load(f)
        self.clean, self.corrupt = torch.tensor(given["clean"]), torch.tensor(given["corrupt"])
        self.same = int((self.clean != self.corrupt).nonzero()[0])             # tokens that the texts begin with in common
        self.time = len(self.clean)
        self.m = Llama(model, self.time)
        self.direction = self.m.unembed[given["answer"]] - self.m.unembed[given["wrong"]]

    def difference(self, x):
        """Logit of the answer minus that of the other after the last row of x [B,T,d]: [B]."""
        return self.m.norm(x[:, -1], self.m.last) @ self.direction

    def passed(self, ids):
        """One pass that keeps of every layer its input, its z [1,H,T,D], its residual after attention, keys and values."""
        x, kept = self.m.embed[ids][None], []
        for w in self.m.layers:
            h = self.m.norm(x, w["n1"])
            split = lambda key, n: F.linear(h, w[key]).unflatten(-1, (n, -1)).transpose(1, 2)
            q, k, v = self.m.rotate(split("q", self.m.heads)), self.m.rotate(split("k", self.m.groups)), split("v", self.m.groups)
            z = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
            middle = x + self.m.output(w, z)
            kept.append(dict(input=x, z=z, middle=middle, k=k, v=v))
            x = self.m.mlp(w, middle)
        return x, kept

    def recovery(self, x, clean, corrupt, shape):
        low, high = self.difference(corrupt)[0], self.difference(clean)[0]
        return ((self.difference(x) - low) / (high - low)).view(shape)


def by_head(w, heads):
    """W_O of each head, [H,D,d]."""
    return w["o"].unflatten(1, (heads, -1)).permute(1, 2, 0)


def heads_whole(p):
    """z of each head at all positions; all rows of every run that has begun go through every layer."""
    m = p.m
    (clean, good), (corrupt, bad) = p.passed(p.clean), p.passed(p.corrupt)
    runs = None
    for w, g, b in zip(m.layers, good, bad):
        if runs is not None:
            runs = m.mlp(w, runs + m.output(w, m.attend(w, runs)))
        begin = m.mlp(w, b["middle"] + (g["z"] - b["z"])[0] @ by_head(w, m.heads))
        runs = begin if runs is None else torch.cat([runs, begin])
    return p.recovery(runs, clean, corrupt, (len(m.layers), m.heads))


def block_shared(p, w, behind, runs, first):
    """One block over runs that hold the rows from the first differing token on; keys and values before it are the corrupt
    run's. Only rows from `first` on leave it."""
    m, s = p.m, p.same
    seen = torch.ones(p.time - s, p.time, dtype=torch.bool).tril(s)[first - s:]

    def rotate(x, start):
        (a, b), cos, sin = x.chunk(2, -1), m.cos[:, start:], m.sin[:, start:]
        return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)

    h = m.norm(runs, w["n1"])
    split = lambda h, key, n: F.linear(h, w[key]).unflatten(-1, (n, -1)).transpose(1, 2)
    whole = lambda key, own: torch.cat([behind[key][:, :, :s].expand(len(runs), -1, -1, -1), own], 2)
    k, v = whole("k", rotate(split(h, "k", m.groups), s)), whole("v", split(h, "v", m.groups))
    q = rotate(split(h[:, first - s:], "q", m.heads), first)
    z = F.scaled_dot_product_attention(q, k, v, attn_mask=seen, enable_gqa=True)
    return m.mlp(w, runs[:, first - s:] + m.output(w, z))


def heads_shared(p):
    """The same from the first differing token on; of the last layer one row."""
    m, s = p.m, p.same
    (clean, good), (corrupt, bad) = p.passed(p.clean), p.passed(p.corrupt)
    runs = None
    for at, (w, g, b) in enumerate(zip(m.layers, good, bad)):
        first = p.time - 1 if at == len(m.layers) - 1 else s
        if runs is not None:
            runs = block_shared(p, w, b, runs, first)
        begin = m.mlp(w, b["middle"][:, first:] + (g["z"] - b["z"])[0, :, first:] @ by_head(w, m.heads))
        runs = begin if runs is None else torch.cat([runs, begin])
    return p.recovery(runs, clean, corrupt, (len(m.layers), m.heads))


def residuals(p):
    """resid_pre of each layer at each position; the batch grows by one run a position at every layer."""
    m = p.m
    (clean, good), (corrupt, bad) = p.passed(p.clean), p.passed(p.corrupt)
    at, runs = torch.arange(p.time), None
    for w, g, b in zip(m.layers, good, bad):
        begin = b["input"].repeat(p.time, 1, 1)
        begin[at, at] = g["input"][0]
        runs = begin if runs is None else torch.cat([runs, begin])
        runs = m.mlp(w, runs + m.output(w, m.attend(w, runs)))
    return p.recovery(runs, clean, corrupt, (len(m.layers), p.time))


def residuals_shared(p):
    """The same from the first differing token on: a patch before it changes nothing."""
    m, s = p.m, p.same
    (clean, good), (corrupt, bad) = p.passed(p.clean), p.passed(p.corrupt)
    rows, runs = p.time - s, None
    at = torch.arange(rows)
    for layer, (w, g, b) in enumerate(zip(m.layers, good, bad)):
        begin = b["input"][:, s:].repeat(rows, 1, 1)
        begin[at, at] = g["input"][0, s:]
        runs = begin if runs is None else torch.cat([runs, begin])
        runs = block_shared(p, w, b, runs, p.time - 1 if layer == len(m.layers) - 1 else s)
    return F.pad(p.recovery(runs, clean, corrupt, (len(m.layers), rows)), (s, 0))


def measured(args, sweep, key):
    from hf import load
    with torch.inference_mode():
        p, got = Pair(args, load(args)), {}
        start = memory("RssAnon")
        with peak_anonymous() as anonymous:
            got["found"] = sweep(p)
        seconds = timed(lambda: sweep(p), args.reps, 0)
    found = got["found"]
    difference = {} if not args.reference else dict(max_difference=(found - load_file(args.reference)[key]).abs().max().item())
    return dict(T=p.time, same=p.same, runs=found.numel(), seconds=seconds, anonymous_mb=dict(anonymous, before=start), **difference)


def z_whole(args):
    return measured(args, heads_whole, "patch_z_recovery")


def z_shared(args):
    return measured(args, heads_shared, "patch_z_recovery")


def resid(args):
    return measured(args, residuals, "patch_resid_recovery")


def resid_shared(args):
    return measured(args, residuals_shared, "patch_resid_recovery")
