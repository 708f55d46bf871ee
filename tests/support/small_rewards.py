"""A small problem, circuits for it of known worth, and a tiny model that knows tools."""

from __future__ import annotations

from typing import Any

import quasar

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
PROBLEM = quasar.load_problem(
    {"hamiltonian": "1.0 * (Z(0) @ Z(1)) + 1.0 * (Z(1) @ Z(2)) + 0.5 * Z(0)"}
)
"""One ground state: qubits 0 and 2 at 1, qubit 1 at 0; energies from -2.5 to 2.5."""
REFERENCE = HEAD + (
    "qubit[3] q;\nry(2.6) q[0];\nry(0.5) q[1];\ncx q[0], q[2];\nrz(0.3) q[2];\ncx q[1], q[2];\n"
)
"""Entangled, and near the optimum."""
ANSWER = HEAD + "qubit[3] q;\nx q[0];\nx q[2];\n"
"""The ground state as a bit string."""
DISGUISED = HEAD + "qubit[3] q;\nx q[0];\ncx q[0], q[2];\ncz q[1], q[2];\n"
"""The same bit string, with gates on two qubits that entangle nothing."""
UNIFORM = HEAD + "qubit[3] q;\nh q[0];\nh q[1];\nh q[2];\n"
EMPTY = HEAD + "qubit[3] q;\n"
WIDE = HEAD + "qubit[4] q;\nh q[0];\n"
BROKEN = REFERENCE.replace("cx q[0]", "cx q[9]")


def qwen() -> tuple[Any, Any]:
    """An untrained model, and a tokenizer of bytes with the template of Qwen3-4B-Instruct-2507."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM
    from trl.chat_template_utils import qwen3_instruct_2507_chat_template

    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=["<|im_start|>", "<|im_end|>", "<pad>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    inner.train_from_iterator([], trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        eos_token="<|im_end|>",
        pad_token="<pad>",
        chat_template=qwen3_instruct_2507_chat_template,
    )
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=1,
        num_key_value_heads=1,
        head_dim=32,
        max_position_embeddings=8192,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return Qwen3ForCausalLM(config), tokenizer
