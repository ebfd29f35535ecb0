"""One process from nothing to the first logits of a short text, tokenised by the tool itself; run.py times the whole process.

    start.py transformers DIR THREADS TEXT      start.py llamacpp FILE.gguf THREADS TEXT
"""
import json
import os
import sys

tool, path, threads, text = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
if tool == "transformers":
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    torch.set_num_threads(threads)
    tokenizer, model = AutoTokenizer.from_pretrained(path), AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32)
    ids = tokenizer(text).input_ids
    with torch.inference_mode():
        logits = model(torch.tensor([ids])).logits[0, -1].numpy()
else:
    import numpy as np
    from llama_cpp import Llama
    model = Llama(path, n_ctx=256, n_threads=threads, n_threads_batch=threads, verbose=False)
    ids = model.tokenize(text.encode(), add_bos=False)
    model.eval(ids)
    logits = np.ctypeslib.as_array(model._ctx.get_logits(), shape=(model.n_vocab(),))
print(json.dumps(dict(tokens=len(ids), top=int(logits.argmax()))), flush=True)
os._exit(0)                                                            # what a tool does on leaving is not part of the measure
