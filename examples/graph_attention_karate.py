"""Who goes with whom when a karate club splits? A graph attention network, told of two members.

34 members, 78 friendships, one quarrel between the instructor (member 0) and the president (33):
Zachary's study of 1977. Every member gathers from its friends, and learns whom to listen to
(Velickovic et al., https://arxiv.org/abs/1710.10903).
"""

import argparse

import rushlight as torch

nn = torch.nn
F = torch.nn.functional
#: for each member, the friends of a higher number
FRIENDS = {
    0: [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 17, 19, 21, 31], 1: [2, 3, 7, 13, 17, 19, 21, 30],
    2: [3, 7, 8, 9, 13, 27, 28, 32], 3: [7, 12, 13], 4: [6, 10], 5: [6, 10, 16], 6: [16],
    8: [30, 32, 33], 9: [33], 13: [33], 14: [32, 33], 15: [32, 33], 18: [32, 33], 19: [33],
    20: [32, 33], 22: [32, 33], 23: [25, 27, 29, 32, 33], 24: [25, 27, 31], 25: [31], 26: [29, 33],
    27: [33], 28: [31, 33], 29: [32, 33], 30: [32, 33], 31: [32, 33], 32: [33],
}  # fmt: skip
WITH_PRESIDENT = [9, 14, 15, 18, 20, *range(22, 34)]


class GraphAttention(nn.Module):
    """Several heads, each with its own view; their results side by side (or their mean)."""

    def __init__(self, inputs, outputs, heads, concatenate=True):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(heads, inputs, outputs))
        self.source = nn.Parameter(torch.empty(heads, outputs, 1))
        self.target = nn.Parameter(torch.empty(heads, outputs, 1))
        for parameter in self.parameters():
            nn.init.xavier_uniform_(parameter)
        self.concatenate = concatenate

    def forward(self, x, adjacent):
        h = x @ self.weight  # heads, nodes, outputs
        scores = h @ self.target + (h @ self.source).transpose(1, 2)
        scores = F.leaky_relu(scores, 0.2).masked_fill(~adjacent, -torch.inf)
        attention = torch.softmax(scores, dim=2)
        result = attention @ h
        if self.concatenate:
            return result.permute(1, 0, 2).flatten(1), attention
        return result.mean(dim=0), attention


class Net(nn.Module):
    def __init__(self, members):
        super().__init__()
        self.first = GraphAttention(members, 8, heads=4)
        self.second = GraphAttention(32, 2, heads=1, concatenate=False)

    def forward(self, x, adjacent):
        h, self.attention = self.first(x, adjacent)
        scores, _ = self.second(F.elu(F.dropout(h, 0.2, self.training)), adjacent)
        return scores


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=60)
    args = parser.parse_args()

    torch.manual_seed(0)
    adjacent = torch.eye(34, dtype=torch.bool)
    for member, friends in FRIENDS.items():
        adjacent[member, friends] = adjacent[friends, member] = True
    truth = torch.zeros(34, dtype=torch.long)
    truth[WITH_PRESIDENT] = 1
    told = torch.tensor([0, 33])  # all that is known beforehand

    model, x = Net(34), torch.eye(34)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=5e-3)
    for epoch in range(1, args.epochs + 1):
        model.train()
        loss = F.cross_entropy(model(x, adjacent)[told], truth[told])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if epoch % max(1, args.epochs // 5) == 0:
            model.eval()
            guess = model(x, adjacent).argmax(dim=1)
            right = (guess == truth).float().mean()
            print(f"epoch {epoch:3}  loss {loss:.4f}  on the right side {right:.4f}")
    wrong = torch.nonzero(guess != truth).flatten().tolist()
    print("put on the wrong side:", wrong or "nobody")
    listens = model.attention.mean(dim=0)[8]
    print("member 8 listens to:", {i: round(w.item(), 3) for i, w in enumerate(listens) if w > 0})


if __name__ == "__main__":
    main()
