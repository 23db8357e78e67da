"""A language model, letter by letter: an LSTM reads primer.txt and then writes on by itself.

The text is cut into parallel strands, and gradients flow through 32 letters at a time; the LSTM's
state is carried over from one piece to the next (truncated backpropagation through time).
"""

import argparse
from pathlib import Path

import rushlight as torch

nn = torch.nn
F = torch.nn.functional
STRANDS, STEPS = 8, 32


class Model(nn.Module):
    def __init__(self, letters, hidden=96):
        super().__init__()
        self.embedding = nn.Embedding(letters, 32)
        self.lstm = nn.LSTM(32, hidden, num_layers=2, batch_first=True)
        self.output = nn.Linear(hidden, letters)

    def forward(self, tokens, state=None):
        hidden, state = self.lstm(self.embedding(tokens), state)
        return self.output(hidden), state


def train(model, strands, optimizer):
    """One pass over the text; the mean loss per letter."""
    total, pieces, state = 0.0, 0, None
    for start in range(0, strands.shape[1] - STEPS, STEPS):
        inputs = strands[:, start : start + STEPS]
        targets = strands[:, start + 1 : start + STEPS + 1]
        if state is not None:
            state = tuple(s.detach() for s in state)
        logits, state = model(inputs, state)
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total += loss.item()
        pieces += 1
    return total / pieces


@torch.no_grad()
def write(model, start, vocabulary, length=200, temperature=0.5):
    """Continue the text `start`, drawing each letter from the model's distribution."""
    index = {letter: i for i, letter in enumerate(vocabulary)}
    text, state = start, None
    tokens = torch.tensor([[index[letter] for letter in start]])
    for _ in range(length):
        logits, state = model(tokens, state)
        probabilities = F.softmax(logits[0, -1] / temperature, dim=0)
        tokens = torch.multinomial(probabilities, 1).reshape(1, 1)
        text += vocabulary[tokens.item()]
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--length", type=int, default=200, help="letters to write at the end")
    parser.add_argument("--text", type=Path, default=Path(__file__).with_name("primer.txt"))
    args = parser.parse_args()

    torch.set_default_dtype(torch.float64)  # so the text that it writes hangs on no rounding
    torch.manual_seed(0)
    text = args.text.read_text(encoding="utf-8").replace("\n", " ")
    vocabulary = sorted(set(text))
    tokens = torch.tensor([vocabulary.index(letter) for letter in text])
    strands = tokens[: len(tokens) // STRANDS * STRANDS].reshape(STRANDS, -1)

    model = Model(len(vocabulary))
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for epoch in range(1, args.epochs + 1):
        loss = train(model, strands, optimizer)
        if epoch % max(1, args.epochs // 5) == 0:
            print(f"epoch {epoch:3}  loss {loss:.4f}  perplexity {2.718281828**loss:.3f}")
    print(write(model, "The ", vocabulary, args.length))


if __name__ == "__main__":
    main()
