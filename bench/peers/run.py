"""One measurement of a peer in a process of its own; prints one JSON line {name, seconds: {min, median, runs}, peak_rss_mb, …}.

    python run.py NAME --model DIR [--gguf FILE] [--T N] [--reps N] [--ids FILE] …       names and what they need: README.md
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import time
from importlib import import_module, metadata

sys.dont_write_bytecode = True          # a run leaves nothing in the repository
HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = {
    "limits-matmul": "limits.matmul", "limits-bandwidth": "limits.bandwidth", "limits-disk": "limits.disk",
    "forward-sdpa": "hf.forward", "forward-attentions": "hf.attentions",
    "capture-transformers": "hf.capture", "capture-lens": "lens.capture", "capture-nnsight": "sight.capture",
    "ablate-batched": "ablation.batched", "ablate-lens": "lens.ablate", "ablate-hooks": "hf.ablate",
    "patch-z": "patching.z_whole", "patch-z-shared": "patching.z_shared", "patch-resid": "patching.resid",
    "patch-resid-shared": "patching.resid_shared",
    "generate-transformers": "hf.generate", "generate-llamacpp": "llama.generate",
    "start-transformers": "", "start-llamacpp": "",
}
TEXT = "The old bridge over the river was closed for the winter, so the children had to"


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("name", choices=NAMES)
    p.add_argument("--model", default="", help="folder with float32 safetensors (prepare.py makes it from a GGUF)")
    p.add_argument("--gguf", default="")
    p.add_argument("--T", type=int, default=0, help="tokens of the prompt (rows of the matmul)")
    p.add_argument("--ids", default="", help="JSON: a list of ids, or an object that holds `ids`; for patch-*: {clean, corrupt, answer, wrong}")
    p.add_argument("--reps", type=int, default=3)
    p.add_argument("--new", type=int, default=128, help="tokens to generate")
    p.add_argument("--heads", type=int, default=0, help="heads to time where all would take too long (default: one a layer)")
    p.add_argument("--reference", default="", help="safetensors with zero_delta, patch_z_recovery [L,H] or patch_resid_recovery [L,T] to compare a sweep with")
    p.add_argument("--out", default="", help="folder for what is written (capture-transformers, limits-disk)")
    p.add_argument("--text", default=TEXT, help="prompt of start-*")
    p.add_argument("--threads", type=int, default=2)
    return p.parse_args()


def start(args):
    """Wall time of whole processes; the first one warms the file cache and does not count."""
    tool = args.name.removeprefix("start-")
    command = [sys.executable, os.path.join(HERE, "start.py"), tool, args.model if tool == "transformers" else args.gguf,
               str(args.threads), args.text]
    seconds = []
    for _ in range(args.reps + 1):
        begin = time.perf_counter()
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, text=True)
        seconds.append(time.perf_counter() - begin)
    from measure import summary
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    return dict(seconds=summary(seconds[1:]), peak_rss_mb=peak, **json.loads(done.stdout))


def measure(args):
    module, function = NAMES[args.name].split(".")
    if module != "llama":                      # llama.cpp's memory must not hold PyTorch
        import torch
        torch.set_num_threads(args.threads)
        torch.set_grad_enabled(False)
    return getattr(import_module(module), function)(args)


def main():
    args = arguments()
    os.environ.update(OMP_NUM_THREADS=str(args.threads), MKL_NUM_THREADS=str(args.threads), HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
    load = round(os.getloadavg()[0], 2)
    result = start(args) if args.name.startswith("start-") else measure(args)
    from measure import memory
    versions = {n: metadata.version(n) for n in ("torch", "transformers", "transformer-lens", "nnsight", "llama-cpp-python")}
    print(json.dumps(dict(name=args.name, **{"peak_rss_mb": memory("VmHWM"), **result}, threads=args.threads, load_before=load,
                          versions=versions)), flush=True)


if __name__ == "__main__":
    main()
