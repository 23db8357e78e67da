"""Silent mistakes."""

from rushlight.explain.catalogue.common import Text

TEXTS = {
    "zeroed.why": Text(
        en="nothing zeroes the gradients between steps. `backward()` adds to what is in `.grad`, "
        "so this step goes along the sum of the gradients of all steps before.",
        zh="两步之间没有把梯度清零。`backward()` 会往 `.grad` 里累加，"
        "所以这一步用的是之前所有步的梯度之和。",
    ),
    "zeroed.fix": Text(
        en="call `{name}.zero_grad()` in each iteration, before `backward()`.",
        zh="每次迭代在 `backward()` 之前调用 `{name}.zero_grad()`。",
    ),
    "zeroed.hand": Text(
        en="the gradient of `{name}` is never zeroed. `backward()` adds to what is in `.grad`, so this "
        "update goes along the sum of all gradients before.",
        zh="`{name}` 的梯度一直没有清零。`backward()` 会往 `.grad` 里累加，所以这次更新用的是之前所有梯度之和。",
    ),
    "zeroed.hand.fix": Text(
        en="`{name}.grad = None` after the update (or `{name}.grad.zero_()`).",
        zh="更新之后写 `{name}.grad = None`（或 `{name}.grad.zero_()`）。",
    ),
    "early.why": Text(
        en="the first `{name}.step()` comes before any `backward()`: there are no gradients yet, "
        "so it changes nothing.",
        zh="第一次 `{name}.step()` 在任何 `backward()` 之前：还没有梯度，所以什么也没有更新。",
    ),
    "early.pass": Text(
        en="gradients are made here",
        zh="梯度在这里算出",
    ),
    "early.fix": Text(
        en="in this order: `{name}.zero_grad()`, `loss.backward()`, `{name}.step()`.",
        zh="按这个顺序：`{name}.zero_grad()`、`loss.backward()`、`{name}.step()`。",
    ),
    "emptied.why": Text(
        en="this step finds no gradients and changes nothing: they were zeroed after "
        "`backward()` had made them.",
        zh="这一步没有梯度可用，什么也没有更新：`backward()` 算出梯度之后又被清零了。",
    ),
    "emptied.fix": Text(
        en="move `{name}.zero_grad()` before `backward()`, or after `{name}.step()`.",
        zh="把 `{name}.zero_grad()` 移到 `backward()` 之前，或 `{name}.step()` 之后。",
    ),
    "twice.why": Text(
        en="`{function}` takes {name} itself, and its input has gone through {name} already. Taken "
        "twice, it flattens the scores: gradients are small and training is slow.",
        zh="`{function}` 自己会做 {name}，而它的输入已经做过一次 {name}。"
        "做两次会把得分压平：梯度很小，训练很慢。",
    ),
    "twice.place": Text(
        en="{name} for the first time",
        zh="第一次 {name}",
    ),
    "twice.fix": Text(
        en="give `{function}` the scores as the last layer makes them, without {name}.",
        zh="把最后一层的输出直接交给 `{function}`，不要先做 {name}。",
    ),
    "nll.why": Text(
        en="`nll_loss` takes the logarithms of probabilities, and gets the probabilities that softmax "
        "makes: the loss is then negative, and hardly anything is learnt.",
        zh="`nll_loss` 要的是对数概率，而这里给它的是 softmax 得到的概率：损失会变成负数，几乎学不到东西。",
    ),
    "nll.fix": Text(
        en="`log_softmax` instead of `softmax`.",
        zh="把 `softmax` 换成 `log_softmax`。",
    ),
    "nll.fix.layer": Text(
        en="`cross_entropy` of the scores, without softmax.",
        zh="去掉 softmax，直接对得分用 `cross_entropy`。",
    ),
    "broadcast.why": Text(
        en="predictions of shape {predictions} minus targets of shape {target} broadcast to "
        "[{n}, {n}]: each prediction is compared with every target, so the model learns their "
        "mean.",
        zh="形状为 {predictions} 的预测减去形状为 {target} 的目标，会广播成 [{n}, {n}]："
        "每个预测都和所有目标相比，模型学到的只是目标的平均值。",
    ),
    "broadcast.squeeze": Text(
        en="`predictions.squeeze(1)`",
        zh="`predictions.squeeze(1)`",
    ),
    "broadcast.unsqueeze": Text(
        en="`{name}.unsqueeze(1)`",
        zh="`{name}.unsqueeze(1)`",
    ),
    "kept.why": Text(
        en="`{name}` keeps the losses of earlier steps together with their graphs, so memory grows "
        "from step to step.",
        zh="`{name}` 保存了之前每一步的损失以及它们的计算图，内存会一步步增长。",
    ),
    "kept.fix": Text(
        en="keep the number: `{text}`",
        zh="只保存数值：`{text}`",
    ),
    "training.why": Text(
        en="`{name}` is evaluated in training mode: dropout drops at random, and batch norm uses "
        "(and learns) the statistics of this very batch.",
        zh="`{name}` 在训练模式下做评估：dropout 会随机丢弃，batch norm 用的是当前批次的统计量"
        "（并且还在更新它们）。",
    ),
    "training.fix": Text(
        en="`{name}.eval()` before it, and `{name}.train()` before training goes on.",
        zh="评估之前调用 `{name}.eval()`，继续训练之前调用 `{name}.train()`。",
    ),
    "nan.forward": Text(
        en="the loss is {value}. The first number that is not finite comes from `{op}`.",
        zh="损失是 {value}。最早出现非有限数（inf 或 nan）的运算是 `{op}`。",
    ),
    "nan.inputs": Text(
        en="the loss is {value}. The first number that is not finite comes from `{op}`, with {ranges}.",
        zh="损失是 {value}。最早出现非有限数（inf 或 nan）的运算是 `{op}`，当时 {ranges}。",
    ),
    "nan.backward": Text(
        en="a gradient is not finite. It comes from the derivative of `{op}`, with {ranges}.",
        zh="梯度里出现了非有限的数（inf 或 nan）。它来自 `{op}` 的导数，当时 {ranges}。",
    ),
    "nan.parameter": Text(
        en="a parameter is not finite any more: {ranges}, used by `{op}`. An earlier step made it so.",
        zh="有参数不再是有限的数：{ranges}，`{op}` 用到了它。这是之前某一步更新造成的。",
    ),
    "nan.parameter.fix": Text(
        en="a smaller learning rate, or `torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)` "
        "before each step.",
        zh="调小学习率，或每一步之前调用 `torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)`。",
    ),
    "nan.data": Text(
        en="the data are not finite to begin with: {ranges}, given to `{op}`.",
        zh="数据本身就不是有限的数：{ranges}，它被交给了 `{op}`。",
    ),
    "nan.data.fix": Text(
        en="look for it in the data: `torch.isfinite(x).all()`; `torch.nan_to_num(x)` replaces it.",
        zh="检查数据：`torch.isfinite(x).all()`；`torch.nan_to_num(x)` 可以替换这些值。",
    ),
    "nan.pass": Text(
        en="seen in this backward pass",
        zh="在这次反向传播中发现",
    ),
    "nan.some": Text(
        en="{bad} of the {size} numbers in `{name}` are inf or nan",
        zh="`{name}` 的 {size} 个数中有 {bad} 个是 inf 或 nan",
    ),
    "nan.unknown": Text(
        en="not kept",
        zh="没有保存",
    ),
    "nan.range": Text(
        en="`{name}` from {low} to {high}",
        zh="`{name}` 在 {low} 到 {high} 之间",
    ),
    "nan.fix.log": Text(
        en="keep its input above 0: `x.clamp(min=1e-8)`; after a softmax, use `log_softmax` for both.",
        zh="让输入大于 0：`x.clamp(min=1e-8)`；如果前面是 softmax，就用 `log_softmax` 代替这两步。",
    ),
    "nan.fix.division": Text(
        en="keep the divisor away from 0: `y + 1e-8`, or `y.clamp(min=1e-8)`.",
        zh="让除数远离 0：`y + 1e-8`，或 `y.clamp(min=1e-8)`。",
    ),
    "nan.fix.root": Text(
        en="keep its input above 0: `x.clamp(min=1e-8)`.",
        zh="让输入大于 0：`x.clamp(min=1e-8)`。",
    ),
    "nan.fix.exp": Text(
        en="subtract the largest value first: `x - x.max()`; or use `log_softmax`, `logsumexp`, "
        "`softplus`, which do.",
        zh="先减去最大值：`x - x.max()`；或用已经这样做的 `log_softmax`、`logsumexp`、`softplus`。",
    ),
    "nan.fix.large": Text(
        en="the numbers have grown too large: a smaller learning rate, or data scaled to about mean 0 "
        "and deviation 1.",
        zh="数值变得太大了：调小学习率，或把数据缩放到大约均值 0、标准差 1。",
    ),
    "nan.fix.backward": Text(
        en="keep the input away from where the derivative is infinite: `(x + 1e-8).sqrt()`, "
        "`x.clamp(min=1e-8)`; `where` doesn't help, as both of its branches get gradients.",
        zh="让输入避开导数无穷大的地方：`(x + 1e-8).sqrt()`、`x.clamp(min=1e-8)`；"
        "`where` 没有用，因为它的两个分支都会参与求导。",
    ),
    "diverge.why": Text(
        en="the loss grows from step to step, from {first} to {value}: with a learning rate of "
        "{rate}, each step goes too far.",
        zh="损失一步步变大，从 {first} 增长到 {value}：学习率 {rate} 使每一步都走得太远。",
    ),
    "diverge.hand": Text(
        en="the loss grows from step to step, from {first} to {value}: each step goes too far.",
        zh="损失一步步变大，从 {first} 增长到 {value}：每一步都走得太远。",
    ),
    "diverge.hand.rate": Text(
        en="multiply the gradient by a smaller learning rate",
        zh="给梯度乘上更小的学习率",
    ),
    "diverge.rate": Text(
        en="a smaller rate: `lr={rate}`",
        zh="调小学习率：`lr={rate}`",
    ),
    "diverge.clip": Text(
        en="scale the data to about mean 0 and deviation 1",
        zh="把数据缩放到大约均值 0、标准差 1",
    ),
    "unreached.why": Text(
        en="this optimizer holds parameters that no loss has reached at any step: {names}.",
        zh="这个优化器里有些参数，任何一步的损失都没有用到：{names}。",
    ),
    "unreached.fix": Text(
        en="use them in `forward` (is a layer defined and not called, or its output detached?)",
        zh="在 `forward` 中用到它们（是否有定义了却没有调用的层，或输出被 detach 了？）",
    ),
    "unreached.remove": Text(
        en="leave them out of the model.",
        zh="把它们从模型中去掉。",
    ),
    "unheld.why": Text(
        en="the model has parameters that get gradients, and no optimizer holds them: {names}. "
        "They never change.",
        zh="模型中有些参数有梯度，却不在任何优化器里：{names}。它们永远不会更新。",
    ),
    "unheld.fix": Text(
        en="make the optimizer of `model.parameters()` when the model is complete; layers in a "
        "list belong in `nn.ModuleList`.",
        zh="等模型建好之后，用 `model.parameters()` 创建优化器；放在列表里的层要用 `nn.ModuleList`。",
    ),
    "unheld.freeze": Text(
        en="if they are to stay as they are: `parameter.requires_grad_(False)`.",
        zh="如果本来就不想更新它们：`parameter.requires_grad_(False)`。",
    ),
}
