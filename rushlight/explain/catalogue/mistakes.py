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
}
