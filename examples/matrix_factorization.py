"""Fill the gaps of a table, as recommenders do: a row is a person, a column a thing, 4 in 10 known.

Here the table is scikit-learn's digits: 1,797 images by 64 pixels. Each row and each column gets a
vector; the entry is their inner product plus what is usual for the row and the column (Koren, Bell,
Volinsky 2009).
"""

import argparse

from sklearn.datasets import load_digits

import rushlight as torch

nn = torch.nn
F = torch.nn.functional


class Factorization(nn.Module):
    def __init__(self, rows, columns, rank=8):
        super().__init__()
        self.row, self.column = nn.Embedding(rows, rank), nn.Embedding(columns, rank)
        self.row_bias, self.column_bias = nn.Embedding(rows, 1), nn.Embedding(columns, 1)
        for embedding in (self.row, self.column):
            nn.init.normal_(embedding.weight, std=0.1)
        for embedding in (self.row_bias, self.column_bias):
            nn.init.zeros_(embedding.weight)

    def forward(self, row, column):
        product = (self.row(row) * self.column(column)).sum(dim=1)
        return product + self.row_bias(row).squeeze(1) + self.column_bias(column).squeeze(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=15)
    args = parser.parse_args()

    torch.manual_seed(0)
    table = torch.tensor(load_digits().data, dtype=torch.float32) / 16
    known = torch.rand(table.shape) < 0.4
    rows, columns = known.nonzero(as_tuple=True)
    hidden_rows, hidden_columns = (~known).nonzero(as_tuple=True)
    values, hidden = table[known], table[~known]

    usual = (table * known).sum(dim=0) / known.sum(dim=0)
    error = F.mse_loss(usual[hidden_columns], hidden).sqrt()
    print(f"{len(values)} entries known, {len(hidden)} to be guessed")
    print(f"root mean squared error of `what is usual in the column`: {error:.4f}")

    model = Factorization(*table.shape)
    optimizer = torch.optim.Adam(
        [
            {"params": [model.row.weight, model.column.weight], "weight_decay": 1e-4},
            {"params": [model.row_bias.weight, model.column_bias.weight]},
        ],
        lr=0.02,
    )
    schedule = torch.optim.lr_scheduler.MultiStepLR(
        optimizer, [args.epochs // 2, args.epochs * 3 // 4], gamma=0.3
    )
    for epoch in range(1, args.epochs + 1):
        for chosen in torch.randperm(len(values)).split(2000):
            guess = model(rows[chosen], columns[chosen])
            loss = F.mse_loss(guess, values[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        schedule.step()
        if epoch % max(1, args.epochs // 5) == 0:
            with torch.no_grad():
                error = F.mse_loss(model(hidden_rows, hidden_columns), hidden).sqrt()
            print(f"epoch {epoch:3}  known {loss.sqrt():.4f}  hidden {error:.4f}")


if __name__ == "__main__":
    main()
