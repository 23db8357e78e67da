"""Balance a pole on a cart by policy gradient (REINFORCE, Williams 1992).

The environment is written out below: Newton's laws for the cart and the pole of Barto, Sutton and
Anderson (1983). After each episode, actions that were followed by more reward than usual become
more likely.
"""

import argparse
import math

import rushlight as torch

nn = torch.nn


class CartPole:
    """State: position, speed, angle, angular speed. Push left (0) or right (1), every 0.02 s."""

    def reset(self):
        self.state, self.steps = torch.empty(4).uniform_(-0.05, 0.05).tolist(), 0
        return torch.tensor(self.state)

    def step(self, action):
        x, v, angle, omega = self.state
        force = 10.0 if action == 1 else -10.0
        sin, cos = math.sin(angle), math.cos(angle)
        push = (force + 0.05 * omega**2 * sin) / 1.1  # 1 kg cart, 0.1 kg pole, half length 0.5 m
        turn = (9.8 * sin - cos * push) / (0.5 * (4 / 3 - 0.1 * cos**2 / 1.1))
        drive = push - 0.05 * turn * cos / 1.1
        self.state = [x + 0.02 * v, v + 0.02 * drive, angle + 0.02 * omega, omega + 0.02 * turn]
        self.steps += 1
        failed = abs(self.state[0]) > 2.4 or abs(self.state[2]) > math.radians(12)
        return torch.tensor(self.state), 1.0, failed or self.steps == 200


def play(environment, policy):
    """One episode: the rewards, and the log-probability of each action that was taken."""
    state, done = environment.reset(), False
    rewards, log_probs = [], []
    while not done:
        choice = torch.distributions.Categorical(logits=policy(state))
        action = choice.sample()
        log_probs.append(choice.log_prob(action))
        state, reward, done = environment.step(action.item())
        rewards.append(reward)
    return rewards, torch.stack(log_probs)


def returns(rewards, discount=0.99):
    """For each step, the discounted sum of all rewards from there on, standardised."""
    total, sums = 0.0, []
    for reward in reversed(rewards):
        total = reward + discount * total
        sums.append(total)
    sums = torch.tensor(sums[::-1])
    return (sums - sums.mean()) / (sums.std() + 1e-8)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--episodes", type=int, default=200)
    args = parser.parse_args()

    torch.set_default_dtype(torch.float64)  # one action that differs by rounding changes all
    torch.manual_seed(0)
    environment = CartPole()
    policy = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 2))
    optimizer = torch.optim.Adam(policy.parameters(), lr=0.01)
    lengths = []
    for episode in range(1, args.episodes + 1):
        rewards, log_probs = play(environment, policy)
        loss = -(log_probs * returns(rewards)).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        lengths.append(len(rewards))
        if episode % max(1, args.episodes // 8) == 0:
            recent = lengths[-20:]
            print(f"episode {episode:3}  steps on average {sum(recent) / len(recent):.1f}")


if __name__ == "__main__":
    main()
