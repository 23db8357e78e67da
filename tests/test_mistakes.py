"""Silent mistakes are told once, at their line, in both languages; right programs hear nothing."""

import builtins
import linecache
import re
import textwrap
import warnings

import pytest

import rushlight as rl
from rushlight import explain
from rushlight.explain import mistakes
from rushlight.explain.mistakes import Mistake, report, watch
from rushlight.nn import functional as F
from rushlight.runner import marks
from tests.runs import rushlight_run

START = """\
import rushlight as torch
from rushlight import nn
F = nn.functional
torch.manual_seed(0)
"""


@pytest.fixture(autouse=True)
def watched(monkeypatch):
    monkeypatch.setattr(explain, "strict", True)
    monkeypatch.setenv("RUSHLIGHT_LANG", "en")
    monkeypatch.setitem(vars(builtins), marks.NAME, explain.provenance.here)
    watch.install()
    yield
    watch.uninstall()


def run(program, name="program.py", strict=False):
    """The warnings of a program that is run as by `rushlight run`, as (kind, source line, text)."""
    source = START + textwrap.dedent(program)
    lines = source.splitlines(True)
    linecache.cache[name] = len(source), None, lines, name
    report.strict[0] = strict
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        exec(marks.compile_marked(source, name), {"__name__": "__main__"})
        watch.finish()
    found = [w for w in caught if issubclass(w.category, Mistake)]
    return [(w.category, lines[w.lineno - 1].strip(), str(w.message)) for w in found]


#: name -> (kind, the line, words of the text in English, in Chinese, program)
WRONG = {
    "never zeroed": (
        mistakes.GradientsNotZeroed,
        "optimizer.step()",
        r"nothing zeroes the gradients between steps(.|\n)*Fix: call `optimizer.zero_grad\(\)`",
        r"两步之间没有把梯度清零(.|\n)*改法：每次迭代在 `backward\(\)` 之前调用 `optimizer",
        """
        model = nn.Linear(3, 2)
        optimizer = torch.optim.Adam(model.parameters())
        x, y = torch.randn(8, 3), torch.randn(8, 2)
        for step in range(6):
            loss = F.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
        """,
    ),
    "zeroed between backward and step": (
        mistakes.StepWithoutGradients,
        "optimizer.step()",
        r"they were zeroed after `backward\(\)` had made them",
        r"`backward\(\)` 算出梯度之后又被清零了",
        """
        model = nn.Linear(3, 2)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for step in range(3):
            model(torch.randn(8, 3)).square().mean().backward()
            optimizer.zero_grad()
            optimizer.step()
        """,
    ),
    "step before backward": (
        mistakes.StepWithoutGradients,
        "optimizer.step()",
        r"the first `optimizer.step\(\)` comes before any `backward\(\)`(.|\n)*"
        r"program.py:12  loss.backward\(\)   <- gradients are made here",
        r"第一次 `optimizer.step\(\)` 在任何 `backward\(\)` 之前",
        """
        model = nn.Linear(3, 2)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for step in range(3):
            optimizer.zero_grad()
            loss = model(torch.randn(8, 3)).square().mean()
            optimizer.step()
            loss.backward()
        """,
    ),
    "softmax before cross entropy": (
        mistakes.ProbabilitiesAsScores,
        "return F.cross_entropy(output, y)",
        r"`cross_entropy` takes softmax itself(.|\n)*program.py:11  output = model.*for the first time",
        r"`cross_entropy` 自己会做 softmax(.|\n)*第一次 softmax",
        """
        model = nn.Sequential(nn.Linear(3, 4), nn.Softmax(dim=1))
        def loss_of(output, y):
            return F.cross_entropy(output, y)
        y = torch.randint(0, 4, (8,))
        for step in range(3):
            output = model(torch.randn(8, 3))
            loss_of(output, y).backward()
        """,
    ),
    "sigmoid before its loss": (
        mistakes.ProbabilitiesAsScores,
        "loss = F.binary_cross_entropy_with_logits(p, torch.ones(8, 1))",
        r"`binary_cross_entropy_with_logits` takes sigmoid itself",
        r"`binary_cross_entropy_with_logits` 自己会做 sigmoid",
        """
        p = torch.sigmoid(nn.Linear(3, 1)(torch.randn(8, 3)))
        loss = F.binary_cross_entropy_with_logits(p, torch.ones(8, 1))
        loss.backward()
        """,
    ),
    "never zeroed by hand": (
        mistakes.GradientsNotZeroed,
        "w -= 0.1 * w.grad",
        r"the gradient of `w` is never zeroed(.|\n)*Fix: `w.grad = None`",
        r"`w` 的梯度一直没有清零(.|\n)*改法：更新之后写 `w.grad = None`",
        """
        w, x = torch.zeros(1, requires_grad=True), torch.linspace(0, 1, 9)
        for step in range(6):
            loss = ((w * x - x) ** 2).mean()
            loss.backward()
            with torch.no_grad():
                w -= 0.1 * w.grad
        """,
    ),
    "probabilities as their logarithms": (
        mistakes.ProbabilitiesAsScores,
        "loss = nn.NLLLoss()(model(x), y)",
        r"`nll_loss` takes the logarithms(.|\n)*Fix: `log_softmax` instead of `softmax`",
        r"`nll_loss` 要的是对数概率(.|\n)*改法：把 `softmax` 换成 `log_softmax`",
        """
        model = nn.Sequential(nn.Linear(3, 4), nn.Softmax(dim=1))
        x, y = torch.randn(8, 3), torch.randint(4, (8,))
        loss = nn.NLLLoss()(model(x), y)
        loss.backward()
        """,
    ),
    "diverges by hand": (
        mistakes.DivergingLoss,
        "w -= 5.0 * w.grad",
        r"the loss grows from step to step(.|\n)*Fix: multiply the gradient by a smaller",
        r"损失一步步变大(.|\n)*改法：给梯度乘上更小的学习率",
        """
        w, x = torch.zeros(1, requires_grad=True), torch.randn(50)
        for step in range(12):
            loss = ((w * x - x) ** 2).mean()
            loss.backward()
            with torch.no_grad():
                w -= 5.0 * w.grad
                w.grad.zero_()
        """,
    ),
    "losses kept in an object": (
        mistakes.GraphKept,
        "self.history['loss'].append(loss)",
        r"`self.history\['loss'\]` keeps the losses(.|\n)*append\(loss.item\(\)\)`",
        r"`self.history\['loss'\]` 保存了(.|\n)*append\(loss.item\(\)\)`",
        """
        class Trainer:
            def __init__(self):
                self.w, self.history = torch.ones(3, requires_grad=True), {"loss": []}
            def fit(self):
                for step in range(30):
                    loss = (self.w * self.w).sum()
                    loss.backward()
                    self.history['loss'].append(loss)
        Trainer().fit()
        """,
    ),
    "targets broadcast": (
        mistakes.TargetShape,
        "loss = ((model(x) - y) ** 2).mean()",
        r"predictions of shape \[8, 1\] minus targets of shape \[8\](.|\n)*`y.unsqueeze\(1\)`",
        r"形状为 \[8, 1\] 的预测减去形状为 \[8\] 的目标(.|\n)*`y.unsqueeze\(1\)`",
        """
        model, x, y = nn.Linear(3, 1), torch.randn(8, 3), torch.randn(8)
        for step in range(3):
            loss = ((model(x) - y) ** 2).mean()
            loss.backward()
        """,
    ),
    "targets broadcast in mse_loss": (
        mistakes.TargetShape,
        "loss = nn.MSELoss()(model(x), y)",
        r"`model\(x\)` and `y` have different shapes(.|\n)*Fix: `y.unsqueeze\(1\)`",
        r"`model\(x\)` 与 `y` 的形状不同(.|\n)*改法：`y.unsqueeze\(1\)`",
        """
        model, x, y = nn.Linear(3, 1), torch.randn(8, 3), torch.randn(8)
        loss = nn.MSELoss()(model(x), y)
        loss.backward()
        """,
    ),
    "loss kept in a sum": (
        mistakes.GraphKept,
        "total += loss",
        r"`total` keeps the losses of earlier steps(.|\n)*`total \+= loss.item\(\)`",
        r"`total` 保存了之前每一步的损失(.|\n)*`total \+= loss.item\(\)`",
        """
        w, total = torch.ones(3, requires_grad=True), 0
        for step in range(30):
            loss = (w * w).sum()
            loss.backward()
            total += loss
        """,
    ),
    "losses kept in a list": (
        mistakes.GraphKept,
        "losses.append(loss)",
        r"`losses` keeps the losses(.|\n)*`losses.append\(loss.item\(\)\)`",
        r"`losses.append\(loss.item\(\)\)`",
        """
        def train():
            w, losses = torch.ones(3, requires_grad=True), []
            for step in range(30):
                loss = (w * w).sum()
                loss.backward()
                losses.append(loss)
        train()
        """,
    ),
    "logarithm of a negative number": (
        mistakes.NotFinite,
        "logs = (x - 2).log()",
        r"the loss is nan(.|\n)*comes from `log`, with `input` from -3 to 1(.|\n)*above 0",
        r"损失是 nan(.|\n)*运算是 `log`",
        """
        x = torch.tensor([-1.0, 3.0], requires_grad=True)
        logs = (x - 2).log()
        (2 * logs).mean().backward()
        """,
    ),
    "square root of zero": (
        mistakes.NotFinite,
        "distance = (x * x).sum().sqrt()",
        r"a gradient is not finite(.|\n)*derivative of `sqrt`, with `out` from 0 to 0",
        r"梯度里出现了非有限的数(.|\n)*`sqrt` 的导数",
        """
        x = torch.zeros(3, requires_grad=True)
        distance = (x * x).sum().sqrt()
        distance.backward()
        """,
    ),
    "NaN in the data": (
        mistakes.NotFinite,
        "loss = (x * w).mean()",
        r"not finite to begin with: 1 of the 2 numbers in `\w+` are inf or nan, given to `mul`",
        r"数据本身就不是有限的数：`\w+` 的 2 个数中有 1 个",
        """
        w, x = torch.ones(2, requires_grad=True), torch.tensor([1.0, torch.nan])
        loss = (x * w).mean()
        loss.backward()
        """,
    ),
    "learning rate that is too large": (
        mistakes.DivergingLoss,
        "optimizer = torch.optim.SGD([w], lr=10.0)",
        r"the loss grows from step to step, from 75 to .*learning rate of 10(.|\n)*`lr=1`",
        r"损失一步步变大(.|\n)*`lr=1`",
        """
        w = torch.tensor([5.0], requires_grad=True)
        optimizer = torch.optim.SGD([w], lr=10.0)
        for step in range(40):
            optimizer.zero_grad()
            loss = (3 * w * w).sum()
            loss.backward()
            optimizer.step()
        """,
    ),
    "layer that forward forgets": (
        mistakes.ParameterNotReached,
        "optimizer = torch.optim.Adam(model.parameters())",
        r"holds parameters that no loss has reached at any step: Net.b.weight, Net.b.bias",
        r"任何一步的损失都没有用到：Net.b.weight",
        """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.a, self.b = nn.Linear(2, 2), nn.Linear(2, 2)
            def forward(self, x):
                return self.a(x)
        model = Net()
        optimizer = torch.optim.Adam(model.parameters())
        for step in range(3):
            optimizer.zero_grad()
            model(torch.ones(4, 2)).sum().backward()
            optimizer.step()
        """,
    ),
    "layer in a plain list": (
        mistakes.ParameterNotOptimized,
        "optimizer = torch.optim.Adam(model.parameters())",
        r"no optimizer holds them: Net.layers\[0\].weight(.|\n)*`nn.ModuleList`",
        r"却不在任何优化器里：Net.layers\[0\].weight",
        """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers, self.last = [nn.Linear(2, 2)], nn.Linear(2, 2)
            def forward(self, x):
                return self.last(self.layers[0](x))
        model = Net()
        optimizer = torch.optim.Adam(model.parameters())
        for step in range(60):
            optimizer.zero_grad()
            model(torch.ones(4, 2)).sum().backward()
            optimizer.step()
        """,
    ),
    "evaluation with dropout": (
        mistakes.EvaluationInTrainingMode,
        "right = (model(x).argmax(1) == y).float().mean()",
        r"`model` is evaluated in training mode(.|\n)*`model.eval\(\)` before it",
        r"`model` 在训练模式下做评估(.|\n)*`model.eval\(\)`",
        """
        model = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.Linear(4, 2))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        x, y = torch.randn(8, 3), torch.randint(0, 2, (8,))
        for epoch in range(3):
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
            with torch.no_grad():
                right = (model(x).argmax(1) == y).float().mean()
        """,
    ),
    "evaluation with batch norm": (
        mistakes.EvaluationInTrainingMode,
        "return F.mse_loss(net(x), y).item()",
        r"`net` is evaluated in training mode",
        r"`net` 在训练模式下做评估",
        """
        net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        @torch.no_grad()
        def validate(x, y):
            return F.mse_loss(net(x), y).item()
        net(torch.randn(8, 3)).square().mean().backward()
        optimizer.step()
        validate(torch.randn(8, 3), torch.randn(8, 2))
        """,
    ),
}

RIGHT = {
    "zeroed by hand": """
        w, x = torch.zeros(1, requires_grad=True), torch.linspace(0, 1, 9)
        for step in range(6):
            loss = ((w * x - x) ** 2).mean()
            loss.backward()
            with torch.no_grad():
                w -= 0.1 * w.grad
            w.grad.zero_()
        """,
    "larger at each step": """
        x = torch.ones(3, requires_grad=True)
        for power in range(12):
            loss = (x * 10.0 ** power).sum()
            loss.backward()
        """,
    "evaluation as it should be": """
        model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        model(torch.randn(8, 3)).square().mean().backward()
        optimizer.step()
        with torch.no_grad():
            fakes = model(torch.randn(8, 3))  # something to train with
            best = model(torch.randn(8, 3)).max(1).values
        model.eval()
        with torch.no_grad():
            error = F.mse_loss(model(torch.randn(8, 3)), torch.randn(8, 4))
        """,
    "numbers of losses kept": """
        w, total, losses = torch.ones(3, requires_grad=True), 0, []
        for step in range(50):
            loss = (w * w).sum()
            loss.backward()
            total += loss.item()
            losses.append(loss.detach())
        """,
    "losses summed before one pass": """
        w = torch.ones(3, requires_grad=True)
        for step in range(30):
            total = 0
            for task in range(30):
                total = total + (w * task).sum()
            total.backward()
        """,
    "infinities that are masked out": """
        x = torch.tensor([0.0, 1.0], requires_grad=True)
        scores = x.masked_fill(torch.tensor([True, False]), -torch.inf)
        torch.softmax(scores, 0)[1].backward()
        torch.where(x > 0, x, 0 * x).sum().backward()
        """,
    "a loss that falls, and one that jumps": """
        w = torch.tensor([5.0], requires_grad=True)
        optimizer = torch.optim.SGD([w], lr=0.01)
        for step in range(40):
            optimizer.zero_grad()
            ((1e6 if step % 9 == 0 else 1) * w * w).sum().backward()
            w.grad.clamp_(-1, 1)
            optimizer.step()
        """,
    "a new head on a loaded model": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.body, self.head = nn.Linear(2, 2), nn.Linear(2, 2)
            def forward(self, x):
                return self.head(self.body(x))
        model = Net()
        model.load_state_dict(Net().state_dict())
        optimizer = torch.optim.Adam(model.head.parameters())
        for step in range(60):
            optimizer.zero_grad()
            model(torch.ones(4, 2)).sum().backward()
            optimizer.step()
        """,
    "a part that is used later": """
        first, second = nn.Linear(2, 2), nn.Linear(2, 2)
        optimizer = torch.optim.Adam([*first.parameters(), *second.parameters()])
        for step in range(20):
            optimizer.zero_grad()
            x = first(torch.ones(4, 2))
            (second(x) if step > 10 else x).sum().backward()
            optimizer.step()
        """,
    "ordinary training": """
        model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for step in range(4):
            optimizer.zero_grad(set_to_none=step % 2 == 0)
            F.cross_entropy(model(torch.randn(8, 3)), torch.randint(0, 2, (8,))).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        """,
    "gradients accumulated on purpose": """
        model = nn.Linear(3, 2)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for step in range(16):
            model(torch.randn(8, 3)).square().mean().backward()
            if step % 4 == 3:
                optimizer.step()
                optimizer.zero_grad()
        """,
    "two networks against each other": """
        maker, judge = nn.Linear(2, 2), nn.Linear(2, 1)
        first = torch.optim.SGD(judge.parameters(), lr=0.1)
        second = torch.optim.SGD(maker.parameters(), lr=0.1)
        for step in range(4):
            for optimizer, sign in (first, -1), (second, 1):
                optimizer.zero_grad(set_to_none=False)
                (sign * judge(maker(torch.randn(4, 2))).mean()).backward()
                optimizer.step()
        """,
    "steps of a closure": """
        model = nn.Linear(3, 1)
        optimizer = torch.optim.LBFGS(model.parameters())
        def closure():
            optimizer.zero_grad()
            loss = model(torch.ones(4, 3)).square().mean()
            loss.backward()
            return loss
        for step in range(3):
            optimizer.step(closure)
        """,
    "a schedule of rates, shown": """
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
        schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2)
        for step in range(4):
            optimizer.step()
            schedule.step()
        """,
    "differences of all pairs": """
        x, y = torch.randn(5, requires_grad=True), torch.randn(5)
        ((x[:, None] - y) ** 2).exp().mean().backward()
        ((x.unsqueeze(1) - y) ** 2).mean().backward()
        """,
    "softmax within attention": """
        x = torch.randn(4, 3, requires_grad=True)
        F.cross_entropy(torch.softmax(x @ x.T, 1) @ x, torch.tensor([0, 1, 2, 0])).backward()
        """,
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_mistake_is_told_once_at_its_line(name, language, monkeypatch):
    kind, line, english, chinese, program = WRONG[name]
    monkeypatch.setenv("RUSHLIGHT_LANG", language)
    (told,) = run(program)
    assert told[:2] == (kind, line)
    assert re.search(english if language == "en" else chinese, told[2])


@pytest.mark.parametrize("name", RIGHT)
def test_right_program_hears_nothing(name):
    assert run(RIGHT[name]) == []


@pytest.mark.parametrize("name", WRONG)
def test_strict_makes_it_an_error(name):
    kind, line, english, _, program = WRONG[name]
    with pytest.raises(kind, match=english) as caught:
        run(program, strict=True)
    assert line in str(caught.value)


def test_filters_of_warnings_hold():
    kind, *_, program = WRONG["never zeroed"]
    ignored = "import warnings; from rushlight.explain import mistakes\n"
    ignored += f"warnings.simplefilter('ignore', mistakes.{kind.__name__})\n"
    assert run(ignored + textwrap.dedent(program), strict=True) == []
    made_error = ignored.replace("ignore", "error")
    with pytest.raises(kind):
        run(made_error + textwrap.dedent(program), "other.py")


def test_nothing_is_told_where_explanations_are_off(monkeypatch):
    monkeypatch.setenv("RUSHLIGHT_LANG", "off")
    assert run(WRONG["never zeroed"][-1]) == []


def test_a_plain_import_tells_of_sizes_too(monkeypatch):
    watch.uninstall()
    x, y = rl.zeros(4, 1), rl.zeros(4)
    for loss in F.mse_loss, F.l1_loss, F.huber_loss, F.smooth_l1_loss:
        with pytest.warns(mistakes.TargetShape, match=r"different to the input size(.|\n)*Why: "):
            loss(x, y)
    monkeypatch.setenv("RUSHLIGHT_LANG", "off")
    with pytest.warns(UserWarning, match="Please ensure they have the same size.$") as told:
        for _ in range(2):
            F.mse_loss(x, y)
    assert len(told) == 2
    assert told[0].filename == __file__


def test_nothing_stays_wrapped():
    from rushlight import autograd

    wrapped = autograd.backward
    watch.uninstall()
    assert autograd.backward is wrapped.__wrapped__
    assert run(WRONG["never zeroed"][-1]) == []


@pytest.mark.parametrize(("option", "status"), [("--strict", 1), ("--fast", 0), ("--seed=1", 0)])
def test_options_of_run(tmp_path, option, status):
    program = START + textwrap.dedent(WRONG["never zeroed"][-1]) + "print('end')\n"
    (tmp_path / "train.py").write_text(program.replace("rushlight", "torch"))
    done = rushlight_run(option, "train.py", cwd=tmp_path, env={"RUSHLIGHT_LANG": "en"})
    assert done.returncode == status
    assert (b"end" in done.stdout) == (option != "--strict")
    told = b"nothing zeroes the gradients" in done.stderr
    assert told == (option != "--fast")
    assert (b"train.py:12: GradientsNotZeroed" in done.stderr) == (option == "--seed=1")
