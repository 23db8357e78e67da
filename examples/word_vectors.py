"""Word vectors from primer.txt: words that keep the same company come to lie near each other.

Skip-gram with negative sampling: a word's vector shall tell true neighbours from words drawn at
random (Mikolov et al., https://arxiv.org/abs/1310.4546).
"""

import argparse
import re
from collections import Counter
from pathlib import Path

import rushlight as torch

nn = torch.nn
F = torch.nn.functional
WINDOW, NEGATIVES = 2, 5


class SkipGram(nn.Module):
    """Two vectors for each word: one as itself, one as somebody's neighbour."""

    def __init__(self, words, width=16):
        super().__init__()
        self.word = nn.Embedding(words, width)
        self.neighbour = nn.Embedding(words, width)
        nn.init.zeros_(self.neighbour.weight)

    def forward(self, centre, others):
        """How likely each of `others` (batch, n) is beside `centre` (batch), as logits."""
        return torch.einsum("bw,bnw->bn", self.word(centre), self.neighbour(others))


def pairs(sentences):
    """(word, neighbour) for all words at most WINDOW apart in a sentence."""
    for sentence in sentences:
        for i, word in enumerate(sentence):
            for j in range(max(0, i - WINDOW), min(len(sentence), i + WINDOW + 1)):
                if i != j:
                    yield word, sentence[j]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--text", type=Path, default=Path(__file__).with_name("primer.txt"))
    args = parser.parse_args()

    torch.manual_seed(0)
    text = args.text.read_text(encoding="utf-8").lower()
    counts = Counter(re.findall("[a-z]+", text))
    vocabulary = sorted(counts, key=lambda word: (-counts[word], word))
    number = {word: i for i, word in enumerate(vocabulary)}
    sentences = [[number[w] for w in re.findall("[a-z]+", s)] for s in text.split(".")]
    data = torch.tensor(list(pairs(sentences)))
    # Frequent words are drawn more often, but not as much more often as they are frequent.
    noise = torch.tensor([counts[word] for word in vocabulary]).float().pow(0.75)

    model = SkipGram(len(vocabulary))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    loader = torch.utils.data.DataLoader(data, batch_size=256, shuffle=True)
    for epoch in range(1, args.epochs + 1):
        total = 0.0
        for batch in loader:
            negatives = torch.multinomial(noise, len(batch) * NEGATIVES, replacement=True)
            others = torch.cat([batch[:, 1:], negatives.view(-1, NEGATIVES)], dim=1)
            truth = torch.zeros(others.shape)
            truth[:, 0] = 1
            loss = F.binary_cross_entropy_with_logits(model(batch[:, 0], others), truth)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        if epoch % max(1, args.epochs // 5) == 0:
            print(f"epoch {epoch:3}  loss {total / len(data):.4f}")

    vectors = F.normalize(model.word.weight.detach(), dim=1)
    for word in ("cat", "girl", "milk", "red", "morning", "spring", "monday"):
        likeness = vectors @ vectors[number[word]]
        nearest = [vocabulary[i] for i in likeness.topk(4).indices.tolist()][1:]
        print(f"near {word}: {', '.join(nearest)}")


if __name__ == "__main__":
    main()
