import torch
from torch import nn


class Agent:
    def __init__(self):
        self.policy = nn.Linear(4, 2)

    def act(self, state):
        with torch.no_grad():
            log_p = torch.log_softmax(self.policy(state), -1)
        action = log_p.exp().multinomial(1).item()
        return log_p[action]

    def learn(self, log_ps, rewards):
        loss = -sum(p * r for p, r in zip(log_ps, rewards))
        loss.backward()


agent = Agent()
log_ps = [agent.act(torch.randn(4)) for _ in range(3)]
agent.learn(log_ps, [1.0, 0.0, 1.0])
