"""transformers: forward passes, captures, generation, one head removed at a time. Batch 1, float32, nothing cached but where said."""
import os
import time

import numpy as np
import torch
from transformers import AutoModelForCausalLM

from measure import generation, peak_anonymous, prompt, summary, timed


def load(args, attention="sdpa"):
    return AutoModelForCausalLM.from_pretrained(args.model, dtype=torch.float32, attn_implementation=attention).eval()


def forward(args):
    """All positions' logits with the fused attention of PyTorch; nothing is captured."""
    model = load(args)
    ids = torch.tensor([prompt(args, model.config.vocab_size)])
    return dict(T=ids.shape[1], seconds=timed(lambda: model(ids, use_cache=False).logits, args.reps))


def attentions(args):
    """All patterns the documented way: eager attention, output_attentions."""
    model = load(args, "eager")
    ids = torch.tensor([prompt(args, model.config.vocab_size)])

    def run():
        assert len(model(ids, use_cache=False, output_attentions=True).attentions) == model.config.num_hidden_layers
    with peak_anonymous() as anonymous:
        run()
    return dict(T=ids.shape[1], seconds=timed(run, args.reps, 0), anonymous_mb=anonymous)


def capture(args):
    """All patterns and all z by hooks; with --out each layer's arrays are written there (.npy) as they come and not kept, and synced at the end."""
    model = load(args, "eager")
    ids = torch.tensor([prompt(args, model.config.vocab_size)])
    heads, kept = model.config.num_attention_heads, {}

    def keep(name, value):
        if args.out:
            kept[name] = open(os.path.join(args.out, name + ".npy"), "wb")
            np.save(kept[name], value.numpy())
        else:
            kept[name] = value

    def run():
        model(ids, use_cache=False).logits
        for file in kept.values() if args.out else ():
            os.fsync(file.fileno())
            file.close()
    for i, layer in enumerate(model.model.layers):
        layer.self_attn.register_forward_hook(lambda _, _in, out, i=i: keep(f"pattern.{i}", out[1][0]))
        layer.self_attn.o_proj.register_forward_pre_hook(lambda _, a, i=i: keep(f"z.{i}", a[0][0].unflatten(-1, (heads, -1))))
    with peak_anonymous() as anonymous:
        run()
    return dict(T=ids.shape[1], written=bool(args.out), seconds=timed(run, args.reps, 0), anonymous_mb=anonymous)


def generate(args):
    """Greedy, with the key-value cache. `decode` runs from the first new token to the last, by the clock of each token."""
    model = load(args)
    ids = torch.tensor([prompt(args, model.config.vocab_size)])
    prefill, decode, whole, out = [], [], [], []
    for _ in range(args.reps + 1):
        at = []
        note = lambda _ids, _scores: at.append(time.perf_counter()) or torch.zeros(1, dtype=torch.bool)
        start = time.perf_counter()
        out = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, use_cache=True, pad_token_id=0,
                             min_new_tokens=args.new, max_new_tokens=args.new, stopping_criteria=[note])
        prefill.append(at[0] - start)
        decode.append(at[-1] - at[0])
        whole.append(at[-1] - start)
    return dict(T=ids.shape[1], new=args.new, ids=out[0, ids.shape[1]:].tolist(), **generation(args, prefill, decode, whole))


def ablate(args):
    """One whole pass a head, its z zeroed by a hook; --heads heads spread over the layers, scaled to all of them."""
    from ablation import compare, mean_loss, spread
    model = load(args)
    c = model.config
    ids = prompt(args, c.vocab_size)
    x, width = torch.tensor([ids]), c.head_dim or c.hidden_size // c.num_attention_heads
    loss = lambda: mean_loss(model(x, use_cache=False).logits[0, :-1], x[0, 1:]).item()
    clean, seconds, deltas = loss(), [], {}
    for layer, head in spread(c.num_hidden_layers, c.num_attention_heads, args.heads):
        def zero(_, a, head=head):
            z = a[0].clone()
            z[..., head * width: (head + 1) * width] = 0
            return (z,)
        hook = model.model.layers[layer].self_attn.o_proj.register_forward_pre_hook(zero)
        start = time.perf_counter()
        deltas[layer, head] = loss() - clean
        seconds.append(time.perf_counter() - start)
        hook.remove()
    count = c.num_hidden_layers * c.num_attention_heads
    return dict(T=len(ids), heads=count, heads_timed=len(seconds), seconds=summary([count * s for s in seconds]), per_head=summary(seconds),
                **compare(args, deltas))
