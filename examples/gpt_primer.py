"""A GPT of two layers learns to write like primer.txt, letter by letter.

Every position attends to itself and to what came before; all positions learn at once (Vaswani et
al., https://arxiv.org/abs/1706.03762, with the normalisation in front of each part, as in GPT-2).
"""

import argparse
from pathlib import Path

import rushlight as torch

nn = torch.nn
F = torch.nn.functional
CONTEXT, WIDTH, HEADS = 32, 48, 4


class Block(nn.Module):
    """Attention, then a small net at each position; both add to the stream that runs through."""

    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.projection = nn.Linear(WIDTH, WIDTH)
        self.mlp = nn.Sequential(
            nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH)
        )

    def attention(self, x):
        batch, length, _ = x.shape
        parts = self.qkv(x).view(batch, length, 3, HEADS, WIDTH // HEADS)
        q, k, v = parts.permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.projection(y.transpose(1, 2).reshape(batch, length, WIDTH))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    def __init__(self, letters, layers=2):
        super().__init__()
        self.token = nn.Embedding(letters, WIDTH)
        self.position = nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.Sequential(*[Block() for _ in range(layers)])
        self.head = nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, letters))

    def forward(self, tokens):
        places = torch.arange(tokens.shape[1])
        return self.head(self.blocks(self.token(tokens) + self.position(places)))

    @torch.no_grad()
    def write(self, tokens, count, temperature=0.6):
        """Append `count` letters to each row, each drawn from the model's distribution."""
        for _ in range(count):
            logits = self(tokens[:, -CONTEXT:])[:, -1] / temperature
            letter = torch.multinomial(logits.softmax(dim=-1), 1)
            tokens = torch.cat([tokens, letter], dim=1)
        return tokens


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--text", type=Path, default=Path(__file__).with_name("primer.txt"))
    args = parser.parse_args()

    torch.manual_seed(0)
    text = args.text.read_text(encoding="utf-8").replace("\n", " ")
    vocabulary = sorted(set(text))
    tokens = torch.tensor([vocabulary.index(letter) for letter in text])

    model = GPT(len(vocabulary))
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, args.steps, pct_start=0.1)
    for step in range(1, args.steps + 1):
        starts = torch.randint(len(tokens) - CONTEXT, (16, 1))
        rows = tokens[starts + torch.arange(CONTEXT + 1)]
        logits = model(rows[:, :-1])
        loss = F.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % max(1, args.steps // 6) == 0:
            print(f"step {step:4}  rate {schedule.get_last_lr()[0]:.5f}  loss {loss.item():.4f}")
    written = model.write(tokens[:CONTEXT].reshape(1, -1), 150)[0]
    print("".join(vocabulary[i] for i in written))


if __name__ == "__main__":
    main()
