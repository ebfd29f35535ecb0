"""What every peer measurement shares: a clock, the process's memory, the prompt. Times are seconds, memory is MB (2^20 bytes)."""
import json
import statistics
import threading
import time
from contextlib import contextmanager


def summary(seconds):
    return dict(min=round(min(seconds), 6), median=round(statistics.median(seconds), 6), runs=[round(s, 6) for s in seconds])


def timed(work, reps, warm=1):
    """Seconds of `reps` calls after `warm` calls that do not count."""
    for _ in range(warm):
        work()
    seconds = []
    for _ in range(reps):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return summary(seconds)


def generation(args, prefill, decode, whole):
    """The three times of a generation without the first round, which warms up; the rate is that of the tokens after the first."""
    step = summary(decode[1:])
    rate = {name: round((args.new - 1) / step[key], 1) for name, key in (("max", "min"), ("median", "median"))}
    return dict(seconds=summary(whole[1:]), prefill_seconds=summary(prefill[1:]), decode_tokens_per_s=rate)


def memory(field):
    """A line of /proc/self/status: VmHWM (peak resident) or RssAnon (resident now, not backed by a file)."""
    with open("/proc/self/status") as f:
        line = next(line for line in f if line.startswith(field + ":"))
    return int(line.split()[1]) // 1024


@contextmanager
def peak_anonymous(period=0.005):
    """Yields a dict that holds, on leaving, `peak` MB of anonymous memory; the kernel keeps no such peak, so it is sampled."""
    seen, stop = dict(start=memory("RssAnon"), peak=memory("RssAnon")), threading.Event()

    def watch():
        while not stop.wait(period):
            seen["peak"] = max(seen["peak"], memory("RssAnon"))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()
        seen["peak"] = max(seen["peak"], memory("RssAnon"))


def prompt(args, vocab):
    """The ids of --ids (a list, or an object that holds `ids`), cut to --T; without --ids a fixed spread over the vocabulary."""
    if args.ids:
        with open(args.ids) as f:
            document = json.load(f)
        ids = document["ids"] if isinstance(document, dict) else document
        return ids[: args.T] if args.T else ids
    return [(i * 7919 + 101) % vocab for i in range(args.T or 512)]
