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
        "做两次会把分数压平：梯度很小，训练很慢。",
    ),
    "twice.place": Text(
        en="{name} for the first time",
        zh="第一次 {name}",
    ),
    "twice.fix": Text(
        en="give `{function}` the scores as the last layer makes them, without {name}.",
        zh="把最后一层的输出直接交给 `{function}`，不要先做 {name}。",
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
        zh="`{name}` 保存了之前每一步的 loss 以及它们的计算图，内存会一步步增长。",
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
        en="the loss is {value}. The first number that is not finite comes from `{op}`, whose "
        "inputs were: {ranges}.",
        zh="loss 是 {value}。第一个非有限的数来自 `{op}`，它的输入是：{ranges}。",
    ),
    "nan.backward": Text(
        en="a gradient is not finite. It comes from the derivative of `{op}`, which had saved: "
        "{ranges}.",
        zh="梯度里出现了非有限的数。它来自 `{op}` 的导数，当时保存的值是：{ranges}。",
    ),
    "nan.parameter": Text(
        en="a parameter that `{op}` uses is not finite any more ({ranges}): an earlier step has "
        "made it so.",
        zh="`{op}` 用到的一个参数已经不是有限的数（{ranges}）：是之前某一步更新造成的。",
    ),
    "nan.parameter.fix": Text(
        en="a smaller learning rate, or `torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)` "
        "before each step.",
        zh="调小学习率，或每一步之前调用 `torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)`。",
    ),
    "nan.data": Text(
        en="what `{op}` was given is not finite to begin with ({ranges}).",
        zh="交给 `{op}` 的数据本来就不是有限的数（{ranges}）。",
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
        en="{name} ({bad} of {size} not finite)",
        zh="{name}（{size} 个数中有 {bad} 个非有限）",
    ),
    "nan.unknown": Text(
        en="not kept",
        zh="没有保存",
    ),
    "nan.range": Text(
        en="{name} from {low} to {high}",
        zh="{name} 从 {low} 到 {high}",
    ),
    "nan.fix.forward": Text(
        en="keep the input where the function is finite: `x.clamp(min=1e-8)` before `log`, `sqrt` "
        "or a division; for `exp`, subtract the largest value, or use `log_softmax`, `logsumexp`.",
        zh="让输入保持在函数有限的范围内：`log`、`sqrt`、除法之前用 `x.clamp(min=1e-8)`；"
        "`exp` 之前减去最大值，或用 `log_softmax`、`logsumexp`。",
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
        zh="loss 一步步变大，从 {first} 增长到 {value}：学习率 {rate} 使每一步都走得太远。",
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
        zh="这个优化器里有些参数，任何一步的 loss 都没有用到：{names}。",
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
