"""nnsight: all patterns and all z saved in one trace."""
import torch
from nnsight import NNsight

from hf import load
from measure import peak_anonymous, prompt, timed


@torch.no_grad()
def capture(args):
    model = NNsight(load(args, "eager"))
    ids = torch.tensor([prompt(args, model.config.vocab_size)])

    def run():
        with model.trace(ids, use_cache=False):
            patterns, zs = list().save(), list().save()
            for layer in model.model.layers:
                zs.append(layer.self_attn.o_proj.input)
                patterns.append(layer.self_attn.output[1])
        assert len(patterns) == len(zs) == model.config.num_hidden_layers
    with peak_anonymous() as anonymous:
        run()
    return dict(T=ids.shape[1], seconds=timed(run, args.reps, 0), anonymous_mb=anonymous)
