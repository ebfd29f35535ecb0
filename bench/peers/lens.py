"""TransformerLens: patterns and z by run_with_cache, one head removed at a time by run_with_hooks."""
import time

import torch
from transformer_lens.model_bridge import TransformerBridge
from transformers import AutoTokenizer

from ablation import compare, mean_loss, spread
from hf import load
from measure import peak_anonymous, prompt, summary, timed


def bridge(args):
    return TransformerBridge.boot_transformers(args.model, hf_model=load(args, "eager"), device="cpu", dtype=torch.float32,
                                               tokenizer=AutoTokenizer.from_pretrained(args.model))


@torch.no_grad()
def capture(args):
    model = bridge(args)
    ids = torch.tensor([prompt(args, model.cfg.d_vocab)])
    wanted = lambda name: name.endswith(("hook_pattern", "attn.hook_z"))

    def run():
        cache = model.run_with_cache(ids, names_filter=wanted)[1]
        assert len(cache) >= 2 * model.cfg.n_layers
    with peak_anonymous() as anonymous:
        run()
    return dict(T=ids.shape[1], seconds=timed(run, args.reps, 0), anonymous_mb=anonymous)


@torch.no_grad()
def ablate(args):
    model = bridge(args)
    ids = prompt(args, model.cfg.d_vocab)
    x, width = torch.tensor([ids]), model.cfg.d_head
    loss = lambda logits: mean_loss(logits[0, :-1], x[0, 1:]).item()
    clean, seconds, deltas = loss(model(x, return_type="logits")), [], {}
    for layer, head in spread(model.cfg.n_layers, model.cfg.n_heads, args.heads):
        def zero(z, hook, head=head):
            z = z.clone()
            z.view(*z.shape[:2], -1, width)[:, :, head] = 0           # [B,T,H,D], or [B,T,H*D] in some versions
            return z
        start = time.perf_counter()
        deltas[layer, head] = loss(model.run_with_hooks(x, return_type="logits", fwd_hooks=[(f"blocks.{layer}.attn.hook_z", zero)])) - clean
        seconds.append(time.perf_counter() - start)
    count = model.cfg.n_layers * model.cfg.n_heads
    return dict(T=len(ids), heads=count, heads_timed=len(seconds), seconds=summary([count * s for s in seconds]), per_head=summary(seconds),
                **compare(args, deltas))
