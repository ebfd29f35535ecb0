"""Writes a GGUF as the float32 folder that the peers load: prepare.py FILE.gguf DIR

The weights are exact. The tokenizer is the one transformers builds from a GGUF; where it splits digits otherwise than the
file says, ids differ, so measurements take token ids.
"""
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

source, folder = Path(sys.argv[1]).resolve(), sys.argv[2]
where = dict(pretrained_model_name_or_path=str(source.parent), gguf_file=source.name)
read = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32)
config = read.config.to_dict()
del config["quantization_config"]             # it describes the GGUF's blocks, which the folder no longer has
model = AutoModelForCausalLM.from_config(type(read.config)(**config)).float()
model.load_state_dict(read.state_dict())
model.save_pretrained(folder)
AutoTokenizer.from_pretrained(**where).save_pretrained(folder)
