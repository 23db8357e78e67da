"""Translate dates as people write them ("3rd of may 1984") into 1984-05-03: attention between GRUs.

The encoder reads the letters in both directions. For each letter that it writes, the decoder looks
back at all of the input and weighs it (Bahdanau et al., https://arxiv.org/abs/1409.0473).
"""

import argparse
import datetime
import random

import rushlight as torch

nn = torch.nn
F = torch.nn.functional
FORMS = ("{d} {month} {y}", "{month} {d}, {y}", "{th} of {month} {y}", "{d}/{m}/{y}")
INPUTS = " abcdefghijklmnopqrstuvwxyz0123456789,/"
OUTPUTS = "0123456789-"


def random_date():
    """A day between 1950 and 2050, in one of the forms, and in ISO's."""
    day = datetime.date.fromordinal(random.randint(711_858, 748_382))
    month = day.strftime("%B").lower()
    ending = "th" if 10 < day.day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    words = {"d": day.day, "m": day.month, "y": day.year, "month": month}
    return random.choice(FORMS).format(th=f"{day.day}{ending}", **words), day.isoformat()


def encode(text, letters, length):
    return [letters.index(letter) for letter in text.ljust(length)]


class Translator(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.read = nn.Embedding(len(INPUTS), 24)
        self.encoder = nn.GRU(24, width // 2, batch_first=True, bidirectional=True)
        self.written = nn.Embedding(len(OUTPUTS) + 1, 24)  # the last one says "start"
        self.decoder = nn.GRUCell(24 + width, width)
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width)
        self.score = nn.Linear(width, 1)
        self.output = nn.Linear(2 * width, len(OUTPUTS))

    def forward(self, text, target=None):
        """Scores for 10 letters. With `target` each sees the right one before it (training)."""
        memory, last = self.encoder(self.read(text))
        keys, state = self.key(memory), torch.cat([last[0], last[1]], dim=1)
        letter = torch.full((len(text),), len(OUTPUTS))
        scores = []
        for position in range(10):
            matches = self.score(torch.tanh(self.query(state).unsqueeze(1) + keys))
            attention = F.softmax(matches.squeeze(2), dim=1)
            context = torch.bmm(attention.unsqueeze(1), memory).squeeze(1)
            state = self.decoder(torch.cat([self.written(letter), context], dim=1), state)
            scores.append(self.output(torch.cat([state, context], dim=1)))
            letter = scores[-1].argmax(dim=1) if target is None else target[:, position]
        return torch.stack(scores, dim=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=6)
    args = parser.parse_args()

    torch.manual_seed(0)
    random.seed(0)
    pairs = [random_date() for _ in range(2200)]
    inputs = torch.tensor([encode(text, INPUTS, 22) for text, _ in pairs])
    targets = torch.tensor([encode(iso, OUTPUTS, 10) for _, iso in pairs])
    train_set = torch.utils.data.TensorDataset(inputs[:2000], targets[:2000])
    loader = torch.utils.data.DataLoader(train_set, batch_size=50, shuffle=True)

    model = Translator()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for epoch in range(1, args.epochs + 1):
        for text, target in loader:
            loss = F.cross_entropy(model(text, target).flatten(0, 1), target.flatten())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            scores = model(inputs[2000:])
        translated = scores.argmax(dim=2)
        loss = F.cross_entropy(scores.flatten(0, 1), targets[2000:].flatten())
        right = (translated == targets[2000:]).all(dim=1).float().mean()
        print(f"epoch {epoch}  test loss {loss.item():.3f}  dates without a fault {right:.3f}")
    for (text, _), letters in zip(pairs[2000:2004], translated):
        print(f"{text:>22} -> {''.join(OUTPUTS[i] for i in letters)}")


if __name__ == "__main__":
    main()
