"""Find the way through a small world along a cliff: actor and critic.

The actor chooses, the critic foretells how much reward is still to come; the actor learns from how
much better it went than foretold (Mnih et al., https://arxiv.org/abs/1602.01783, one worker).
"""

import argparse

import rushlight as torch

nn = torch.nn
F = torch.nn.functional
WORLD = ["......", "......", "......", "S####G"]  # S start, G goal, # the cliff
ROWS, COLUMNS = len(WORLD), len(WORLD[0])
MOVES = [(-1, 0), (0, 1), (1, 0), (0, -1)]
ARROWS = "^>v<"


def step(place, action):
    """The next place, the reward, and whether the episode is over."""
    row = min(max(place[0] + MOVES[action][0], 0), ROWS - 1)
    column = min(max(place[1] + MOVES[action][1], 0), COLUMNS - 1)
    kind = WORLD[row][column]
    reward = {"G": 1.0, "#": -1.0}.get(kind, -0.02)
    return (row, column), reward, kind in "G#"


def one_hot(place):
    return F.one_hot(torch.tensor(place[0] * COLUMNS + place[1]), ROWS * COLUMNS).double()


class ActorCritic(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(ROWS * COLUMNS, hidden), nn.Tanh())
        self.actor = nn.Linear(hidden, len(MOVES))
        self.critic = nn.Linear(hidden, 1)

    def forward(self, x):
        h = self.body(x)
        return self.actor(h), self.critic(h).squeeze(-1)


def play(model, limit=40):
    """One episode: places as vectors, actions, rewards."""
    place, done = (ROWS - 1, 0), False
    states, actions, rewards = [], [], []
    while not done and len(states) < limit:
        states.append(one_hot(place))
        with torch.no_grad():
            logits, _ = model(states[-1])
        actions.append(torch.multinomial(F.softmax(logits, dim=-1), 1).item())
        place, reward, done = step(place, actions[-1])
        rewards.append(reward)
    return torch.stack(states), torch.tensor(actions), rewards


def learn(model, optimizer, states, actions, rewards, discount=0.97):
    sums, total = [], 0.0
    for reward in reversed(rewards):
        total = reward + discount * total
        sums.insert(0, total)
    logits, values = model(states)
    advantage = torch.tensor(sums) - values
    distribution = torch.distributions.Categorical(logits=logits)
    actor_loss = -(distribution.log_prob(actions) * advantage.detach()).mean()
    loss = actor_loss + 0.5 * advantage.pow(2).mean() - 0.05 * distribution.entropy().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--episodes", type=int, default=800)
    args = parser.parse_args()

    torch.set_default_dtype(torch.float64)  # one action that differs by rounding changes all
    torch.manual_seed(0)
    model = ActorCritic()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    totals = []
    for episode in range(1, args.episodes + 1):
        states, actions, rewards = play(model)
        learn(model, optimizer, states, actions, rewards)
        totals.append(sum(rewards))
        if episode % max(1, args.episodes // 8) == 0:
            recent = totals[-50:]
            print(f"episode {episode:4}  reward on average {sum(recent) / len(recent):7.3f}")
    with torch.no_grad():
        logits, values = model(torch.eye(ROWS * COLUMNS))
    best = logits.argmax(dim=1).reshape(ROWS, COLUMNS).tolist()
    for row, line in zip(best, WORLD):
        print("".join(ARROWS[a] if kind in ".S" else kind for a, kind in zip(row, line)))
    print(f"worth of the start: {values[(ROWS - 1) * COLUMNS].item():.3f}")


if __name__ == "__main__":
    main()
