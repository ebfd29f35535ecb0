"""BertViz's head view and model view of a pattern that headwise captured, as pages: OUT/head.html and OUT/model.html.

    python bench/peers/bertviz_views.py PATTERN.safetensors TOKENS.json LAYER.HEAD OUT
"""

import json
import sys
from pathlib import Path

from bertviz import head_view, model_view
from safetensors.torch import load_file

pattern, tokens, name, out = sys.argv[1:]
attention = [layer[None] for layer in load_file(pattern)["pattern"]]  # [1, head, query, key] a layer
words = json.loads(Path(tokens).read_text())
layer, head = map(int, name.split("."))
views = {
    "head": head_view(attention, words, layer=layer, heads=[head], html_action="return"),
    "model": model_view(attention, words, display_mode="light", html_action="return"),
}
for view, page in views.items():
    Path(out, f"{view}.html").write_text(f"<!doctype html><meta charset=utf-8><body>{page.data}", encoding="utf-8")
