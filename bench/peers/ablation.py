"""Every head's z set to zero, one head a run, the change of the mean loss: the batched way in plain PyTorch.

The clean pass keeps, per layer, the residual after attention and z. Removing head h of layer l changes that residual by
-W_O[:, h] z[h], so its run starts there: the layer's MLP, the later blocks, the loss. The heads of a layer are one batch.
"""
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from measure import prompt, timed


def mean_loss(logits, targets):
    """Nats a token; logits [T,V] of the rows before the targets [T]."""
    return (logits.logsumexp(-1) - logits.gather(-1, targets[:, None])[:, 0]).mean()


def spread(layers, heads, count):
    """`count` heads (default one a layer), spread evenly over the layers, another head index each time."""
    count = count or layers
    return [(i * layers // count, i % heads) for i in range(count)]


def compare(args, deltas):
    """Largest difference from --reference (a safetensors file with zero_delta [L,H])."""
    if not args.reference:
        return {}
    reference = load_file(args.reference)["zero_delta"]
    return dict(max_difference=max(abs(v - reference[at].item()) for at, v in deltas.items()))


class Llama:
    """The weights of a transformers model and the few functions of a block; x is [B,T,d] throughout."""

    def __init__(self, model, time):
        c, self.layers = model.config, []
        self.heads, self.groups, self.eps = c.num_attention_heads, c.num_key_value_heads, c.rms_norm_eps
        for layer in model.model.layers:
            a, m = layer.self_attn, layer.mlp
            self.layers.append(dict(
                n1=layer.input_layernorm.weight, n2=layer.post_attention_layernorm.weight, o=a.o_proj.weight, down=m.down_proj.weight,
                q=a.q_proj.weight, k=a.k_proj.weight, v=a.v_proj.weight, gate=m.gate_proj.weight, up=m.up_proj.weight))
        self.embed, self.last, self.unembed = model.model.embed_tokens.weight, model.model.norm.weight, model.lm_head.weight
        cos, sin = model.model.rotary_emb(self.embed[:1], torch.arange(time)[None])
        half = cos.shape[-1] // 2
        self.cos, self.sin = cos[..., :half], sin[..., :half]

    def norm(self, x, weight):
        return x * (x.square().mean(-1, keepdim=True) + self.eps).rsqrt() * weight

    def rotate(self, x):
        a, b = x.chunk(2, -1)
        return torch.cat([a * self.cos - b * self.sin, b * self.cos + a * self.sin], -1)

    def attend(self, w, x):
        """z, [B,H,T,D]."""
        h = self.norm(x, w["n1"])
        split = lambda key, n: F.linear(h, w[key]).unflatten(-1, (n, -1)).transpose(1, 2)
        q, k, v = self.rotate(split("q", self.heads)), self.rotate(split("k", self.groups)), split("v", self.groups)
        return F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)

    def output(self, w, z):
        return F.linear(z.transpose(1, 2).flatten(2), w["o"])

    def mlp(self, w, x):
        h = self.norm(x, w["n2"])
        return x + F.linear(F.silu(F.linear(h, w["gate"])).mul_(F.linear(h, w["up"])), w["down"])

    def loss(self, x, targets):
        """[B]; the logits of 64 rows at a time, which stay in the cache (a fifth faster than a whole run's)."""
        nats = []
        for run in self.norm(x[:, :-1], self.last):
            for rows, wanted in zip(run.split(64), targets.split(64)):
                logits = F.linear(rows, self.unembed)
                nats.append((logits.logsumexp(-1) - logits.gather(-1, wanted[:, None])[:, 0]).sum())
        return torch.stack(nats).view(len(x), -1).sum(-1) / len(targets)


def deltas(m, ids):
    """[L,H]: the mean loss without the head minus the clean one."""
    x, middle, zs = m.embed[ids][None], [], []
    for w in m.layers:
        zs.append(m.attend(w, x))
        middle.append(x + m.output(w, zs[-1]))
        x = m.mlp(w, middle[-1])
    clean, rows = m.loss(x, ids[1:]), []
    for start, w in enumerate(m.layers):
        by_head = w["o"].unflatten(1, (m.heads, -1)).permute(1, 2, 0)                  # [H,D,d]
        x = m.mlp(w, middle[start] - zs[start][0] @ by_head)
        for later in m.layers[start + 1:]:
            x = m.mlp(later, x + m.output(later, m.attend(later, x)))
        rows.append(m.loss(x, ids[1:]) - clean)
    return torch.stack(rows)


def flops(c, time):
    """Multiplications and additions of the sweep (causal half of attention), without the clean pass."""
    d, mlp, layers, heads = c.hidden_size, c.intermediate_size, c.num_hidden_layers, c.num_attention_heads
    width = c.head_dim or d // heads
    ffn = 2 * time * 3 * d * mlp
    block = ffn + 2 * time * d * width * (2 * heads + 2 * c.num_key_value_heads) + 2 * heads * width * time * (time + 1)
    one_layer = [ffn + (layers - 1 - start) * block + 2 * (time - 1) * d * c.vocab_size for start in range(layers)]
    return heads * sum(one_layer)


@torch.inference_mode()
def batched(args):
    from hf import load
    model = load(args)
    ids = torch.tensor(prompt(args, model.config.vocab_size))
    m, got = Llama(model, len(ids)), {}
    seconds = timed(lambda: got.update(deltas=deltas(m, ids)), args.reps, 0)
    found = {(l, h): v for l, row in enumerate(got["deltas"].tolist()) for h, v in enumerate(row)}
    work = flops(model.config, len(ids))
    return dict(T=len(ids), heads=len(found), seconds=seconds, tflop=round(work / 1e12, 3), gflops=round(work / seconds["min"] / 1e9, 1),
                **compare(args, found))
