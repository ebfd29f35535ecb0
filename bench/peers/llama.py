"""llama.cpp through llama-cpp-python: greedy generation, one token a call."""
import time

from llama_cpp import Llama

from measure import generation, prompt


def generate(args):
    """Times the prompt's pass and the decoding apart. llama.cpp reads the file's quantised weights and quantises activations."""
    model = Llama(args.gguf, n_ctx=2048, n_threads=args.threads, n_threads_batch=args.threads, verbose=False)
    ids = prompt(args, model.n_vocab())
    prefill, decode, whole, out = [], [], [], []
    for _ in range(args.reps + 1):
        model.reset()
        start = time.perf_counter()
        model.eval(ids)
        read, out = time.perf_counter(), [model.sample(temp=0.0, repeat_penalty=1.0)]
        while len(out) < args.new:
            model.eval([out[-1]])
            out.append(model.sample(temp=0.0, repeat_penalty=1.0))
        end = time.perf_counter()
        prefill.append(read - start)
        decode.append(end - read)
        whole.append(end - start)
    return dict(T=len(ids), new=args.new, ids=out, **generation(args, prefill, decode, whole))
