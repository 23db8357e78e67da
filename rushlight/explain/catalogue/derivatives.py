"""Texts about derivatives: chains that are cut, backward passes, changes in place."""

from rushlight.explain.catalogue.common import Text

TEXTS = {
    # A loss without history
    "cut.here": Text(
        en="the chain is cut here",
        zh="计算图在这里断开",
    ),
    "cut.so": Text(
        en="So `{root}` has no history, and backward() has nowhere to go.",
        zh="所以 `{root}` 没有计算历史，backward() 无从开始。",
    ),
    "cut.detach": Text(
        en="`{text}` gives a tensor that has forgotten how it was computed.",
        zh="`{text}` 得到的张量不再记得自己是怎么算出来的。",
    ),
    "cut.detach.fix": Text(
        en="leave out `.detach()` on line {line}; use it only for values to print, plot or store.",
        zh="去掉第 {line} 行的 `.detach()`；只在打印、画图、保存数值时才用它。",
    ),
    "cut.data": Text(
        en="`{text}` gives the bare values, without history.",
        zh="`{text}` 只取出数值，不带计算历史。",
    ),
    "cut.data.fix": Text(
        en="leave out `.data` on line {line}.",
        zh="去掉第 {line} 行的 `.data`。",
    ),
    "cut.item": Text(
        en="`{text}` gives a plain Python number, and numbers have no history.",
        zh="`{text}` 得到的是普通的 Python 数，数没有计算历史。",
    ),
    "cut.item.fix": Text(
        en="compute with the tensor itself on line {line}, and take `.item()` of the loss only to "
        "print it.",
        zh="第 {line} 行直接用张量计算；`.item()` 只在打印损失时用。",
    ),
    "cut.numpy": Text(
        en="`{text}` leaves for NumPy, where nothing is recorded.",
        zh="`{text}` 转到了 NumPy，那里的运算不会被记录。",
    ),
    "cut.numpy.fix": Text(
        en="on line {line} use torch's own functions (torch.exp, torch.mean, ...) instead of NumPy's.",
        zh="第 {line} 行改用 torch 自己的函数（torch.exp、torch.mean 等），不用 NumPy 的。",
    ),
    "cut.tensor": Text(
        en="`{text}` makes a new tensor of the values only; it does not know where they came from.",
        zh="`{text}` 只用数值新建了一个张量，它不知道这些数从哪里来。",
    ),
    "cut.tensor.fix": Text(
        en="on line {line} use the tensor as it is; to join several, use torch.stack([...]) or "
        "torch.cat([...]).",
        zh="第 {line} 行直接使用原来的张量；要合并多个，用 torch.stack([...]) 或 torch.cat([...])。",
    ),
    "cut.argmax": Text(
        en="`{text}` gives positions: whole numbers jump, so they have no derivative.",
        zh="`{text}` 得到的是位置（整数），整数是跳变的，没有导数。",
    ),
    "cut.argmax.fix": Text(
        en="compute the loss from the scores, before line {line} (F.cross_entropy(scores, classes)); "
        "keep `{text}` for the accuracy.",
        zh="损失要用第 {line} 行之前的得分来算（F.cross_entropy(得分, 类别)）；`{text}` 只用来算准确率。",
    ),
    "cut.cast": Text(
        en="`{text}` gives whole numbers or booleans, which have no derivative.",
        zh="`{text}` 得到整数或布尔值，它们没有导数。",
    ),
    "cut.cast.fix": Text(
        en="keep the values floating-point on line {line}; cast only targets and indices.",
        zh="第 {line} 行保持浮点数；只有标签和下标才需要转成整数。",
    ),
    "cut.compare": Text(
        en="`{text}` gives true or false, which has no derivative.",
        zh="`{text}` 得到真或假，没有导数。",
    ),
    "cut.compare.fix": Text(
        en="compute the loss from the values themselves (F.binary_cross_entropy_with_logits, "
        "F.mse_loss, ...); keep the comparison on line {line} for the accuracy.",
        zh="损失用数值本身来算（F.binary_cross_entropy_with_logits、F.mse_loss 等）；第 {line} 行的比较只用来算准确率。",
    ),
    "unrecorded.begins": Text(
        en="from here on nothing is recorded",
        zh="从这里开始不记录运算",
    ),
    "unrecorded.made": Text(
        en="computed inside",
        zh="在其中计算",
    ),
    "unrecorded.here": Text(
        en="`{name}` was computed under `{block}`, where operations are not recorded, so it has no "
        "history.",
        zh="`{name}` 是在 `{block}` 下计算的，那里不记录运算，所以它没有计算历史。",
    ),
    "unrecorded.here.fix": Text(
        en="move the training step out of `{block}`; keep that for evaluation.",
        zh="把训练步骤移到 `{block}` 之外；它只用于评估。",
    ),
    "unrecorded.block": Text(
        en="`{name}` comes from inside `{block}`, where operations are not recorded, so it has no "
        "history.",
        zh="`{name}` 来自 `{block}` 内部，那里不记录运算，所以它没有计算历史。",
    ),
    "unrecorded.maybe": Text(
        en="nothing in `{name}` requires grad; parts of it may come from inside `{block}`, where operations are not recorded.",
        zh="`{name}` 里没有需要求导的量；其中一部分可能来自 `{block}` 内部，那里不记录运算。",
    ),
    "unrecorded.fix": Text(
        en="compute what is trained outside `{block}`; keep that for evaluation.",
        zh="要训练的部分放到 `{block}` 之外计算；它只用于评估。",
    ),
    "unrecorded.off": Text(
        en="recording is switched off at this point, so `{name}` has no history.",
        zh="此时运算记录是关闭的，所以 `{name}` 没有计算历史。",
    ),
    "unrecorded.switched": Text(
        en="recording is switched off here",
        zh="在这里关闭了运算记录",
    ),
    "unrecorded.off.fix": Text(
        en="switch it on before the training step: torch.set_grad_enabled(True).",
        zh="在训练步骤之前打开：torch.set_grad_enabled(True)。",
    ),
    "chain.input": Text(
        en="the derivative by `{name}` is asked for, but `{name}` does not require grad, so nothing "
        "was recorded for it.",
        zh="这里要求对 `{name}` 求导，但 `{name}` 没有设置 requires_grad，相关运算没有被记录。",
    ),
    "chain.input.fix": Text(
        en="before computing with it: `{name}.requires_grad_()`.",
        zh="在用它计算之前：`{name}.requires_grad_()`。",
    ),
    "chain.frozen": Text(
        en="all {count} parameters of `{module}` have requires_grad=False, so nothing in `{name}` "
        "can be differentiated.",
        zh="`{module}` 的全部 {count} 个参数都是 requires_grad=False，`{name}` 里没有可求导的量。",
    ),
    "chain.frozen.here": Text(
        en="frozen here",
        zh="在这里冻结",
    ),
    "chain.frozen.fix": Text(
        en="leave the layers that are to learn unfrozen: `{module}.requires_grad_(True)`, or for one "
        "layer of it.",
        zh="需要学习的层不要冻结：`{module}.requires_grad_(True)`，或只对其中某一层这样做。",
    ),
    "chain.never": Text(
        en="`{name}` was computed without any parameter of `{module}`.",
        zh="计算 `{name}` 时没有用到 `{module}` 的任何参数。",
    ),
    "chain.never.fix": Text(
        en="compute it from the output of `{module}(...)`; check that the line uses the prediction, "
        "not the data.",
        zh="用 `{module}(...)` 的输出来计算；检查这一行用的是预测值，而不是数据。",
    ),
    "chain.nothing": Text(
        en="nothing in `{name}` requires grad: {names} are plain numbers, not marked as something to learn.",
        zh="`{name}` 里没有需要求导的量：{names} 只是普通数值，没有标记为要学习的参数。",
    ),
    "chain.none": Text(
        en="nothing in `{name}` requires grad.",
        zh="`{name}` 里没有需要求导的量。",
    ),
    "chain.nothing.fix": Text(
        en="mark what is to be learned when it is made: `{name} = torch.tensor(..., "
        "requires_grad=True)`. Setting it on the loss silences the error, but then nothing learns.",
        zh="在创建要学习的量时标记它：`{name} = torch.tensor(..., requires_grad=True)`。"
        "给损失设置它只会让报错消失，参数并不会被训练。",
    ),
    # A leaf that is lost
    "leaf.lost": Text(
        en="`{name}` is no longer the tensor that required grad: under no_grad an assignment made a "
        "new one, which does not require it. So the next `{root}` has no history.",
        zh="`{name}` 已经不是原来那个需要求导的张量：在 no_grad 下重新赋值得到一个新张量，它不需要求导。所以下一次的 `{root}` 没有计算历史。",
    ),
    "leaf.lost.grad": Text(
        en="`{name}` is no longer the tensor that required grad: under no_grad the assignment made a "
        "new one, and its `.grad` is None.",
        zh="`{name}` 已经不是原来那个需要求导的张量：在 no_grad 下重新赋值得到一个新张量，它的 `.grad` 是 None。",
    ),
    "leaf.lost.here": Text(
        en="here `{name}` becomes another tensor",
        zh="在这里 `{name}` 变成了另一个张量",
    ),
    "leaf.rebound": Text(
        en="`{name}` is no longer the leaf that backward() fills: the assignment made it the result "
        "of an operation, and results keep no `.grad`.",
        zh="`{name}` 已经不是 backward() 会写入梯度的叶子张量：赋值之后它成了运算的结果，运算结果不保存 `.grad`。",
    ),
    "leaf.fix": Text(
        en="change it in place:\nwith torch.no_grad():\n    {update}\nthen `{name}.grad = None` before "
        "the next backward().",
        zh="原地修改：\nwith torch.no_grad():\n    {update}\n然后在下一次 backward() 之前写 `{name}.grad = None`。",
    ),
    # A gradient that is None
    "grad.unset": Text(
        en="`{name}.grad` is None: no backward pass has reached `{name}` yet (or the gradient was set "
        "to None, as zero_grad() does).",
        zh="`{name}.grad` 是 None：还没有反向传播到达 `{name}`（或梯度已被置为 None，zero_grad() 就会这样做）。",
    ),
    "grad.unset.fix": Text(
        en="call backward() on a loss that uses `{name}` before reading `{name}.grad`.",
        zh="读取 `{name}.grad` 之前，先对用到 `{name}` 的损失调用 backward()。",
    ),
    "grad.plain": Text(
        en="`{name}.grad` is None, because `{name}` does not require grad.",
        zh="`{name}.grad` 是 None，因为 `{name}` 没有设置 requires_grad。",
    ),
    "grad.plain.fix": Text(
        en="before computing with it: `{name}.requires_grad_()`.",
        zh="在用它计算之前：`{name}.requires_grad_()`。",
    ),
    "grad.result": Text(
        en="`{name}` is the result of an operation ({function}); backward() fills `.grad` of leaves "
        "only, the tensors made with requires_grad=True.",
        zh="`{name}` 是运算的结果（{function}）；backward() 只给叶子张量写入 `.grad`，也就是用 requires_grad=True 创建的张量。",
    ),
    "grad.result.fix": Text(
        en="call `{name}.retain_grad()` before backward(), or read the gradient of the leaf.",
        zh="在 backward() 之前调用 `{name}.retain_grad()`，或者读叶子张量的梯度。",
    ),
    "grad.computed_leaf": Text(
        en="`{name}` is not the leaf: `{text}` computes it from one, and the leaf has no name.",
        zh="`{name}` 不是叶子张量：`{text}` 由叶子张量算出了它，而那个叶子没有名字。",
    ),
    "grad.computed_leaf.fix": Text(
        en="compute first, mark afterwards: `{name} = (...).requires_grad_()` around `{text}`, with "
        "requires_grad=True left out.",
        zh="先计算，再标记：把 `{text}` 里的 requires_grad=True 去掉，写成 `{name} = (...).requires_grad_()`。",
    ),
    # Where a pass can't begin
    "scalar.why": Text(
        en="`{name}` has shape {shape}, {count} numbers; a gradient belongs to one number.",
        zh="`{name}` 的形状是 {shape}，共 {count} 个数；梯度只能对一个数求。",
    ),
    "scalar.reduce": Text(
        en="make one number of it: `{name}.mean().backward()`, or `.sum()`.",
        zh="先变成一个数：`{name}.mean().backward()`，或用 `.sum()`。",
    ),
    "scalar.gradient": Text(
        en="weigh its elements: `{name}.backward(gradient=torch.ones_like({name}))`.",
        zh="给每个元素一个权重：`{name}.backward(gradient=torch.ones_like({name}))`。",
    ),
    "scalar.jacobian": Text(
        en="for the derivative of every element: torch.autograd.functional.jacobian(f, x).",
        zh="要每个元素的导数：torch.autograd.functional.jacobian(f, x)。",
    ),
    "gradient.shape": Text(
        en="`{name}` has shape {shape}, and the gradient given has {given}; they must be equal.",
        zh="`{name}` 的形状是 {shape}，给出的梯度是 {given}；两者必须相同。",
    ),
    "gradient.shape.fix": Text(
        en="`{gradient} = torch.ones_like({name})` has the right shape.",
        zh="`{gradient} = torch.ones_like({name})` 的形状是对的。",
    ),
    "unused.why": Text(
        en="`{root}` does not depend on `{name}`: it was computed without it, or from a copy "
        "(detach(), item(), a new tensor).",
        zh="`{root}` 不依赖 `{name}`：计算时没有用到它，或用的是它的副本（detach()、item()、新建的张量）。",
    ),
    "unused.fix": Text(
        en="compute it from `{name}` itself; if None is fine for `{name}`, pass allow_unused=True.",
        zh="直接用 `{name}` 计算；如果 `{name}` 的梯度可以是 None，传入 allow_unused=True。",
    ),
    # A second pass
    "twice.first": Text(
        en="this pass used the graph up",
        zh="这次反向传播用完了计算图",
    ),
    "twice.second": Text(
        en="this one needs it again",
        zh="这次又需要它",
    ),
    "twice.again": Text(
        en="run twice for one forward pass",
        zh="一次前向计算之后运行了两次",
    ),
    "twice.made": Text(
        en="`{name}` is made here",
        zh="`{name}` 在这里得到",
    ),
    "twice.same": Text(
        en="backward() ran a second time over the same graph, and the first time freed it.",
        zh="对同一个计算图运行了第二次 backward()，第一次之后它已被释放。",
    ),
    "twice.loop.fix": Text(
        en="compute the loss anew in each iteration, inside the loop.",
        zh="在循环内，每次迭代都重新计算损失。",
    ),
    "twice.shared": Text(
        en="two backward passes go over one graph, and the first one freed it.",
        zh="两次反向传播经过同一个计算图，第一次之后它已被释放。",
    ),
    "twice.sum.fix": Text(
        en="one pass for both: `(loss1 + loss2).backward()`.",
        zh="合成一次：`(loss1 + loss2).backward()`。",
    ),
    "twice.retain.fix": Text(
        en="if both are meant, keep it in the first: `.backward(retain_graph=True)`.",
        zh="如果确实需要两次，在第一次保留它：`.backward(retain_graph=True)`。",
    ),
    "twice.saved": Text(
        en="the values that this graph saved were freed by an earlier backward pass.",
        zh="这个计算图保存的数值已被之前的反向传播释放。",
    ),
    "twice.carried": Text(
        en="`{name}` was carried over from an earlier iteration, and with it the graph of that "
        "iteration, which its backward() has used up.",
        zh="`{name}` 是从之前的迭代带过来的，连同那次迭代的计算图；那个图已经被那次的 backward() 用完。",
    ),
    "twice.carried.fix": Text(
        en="cut it off between iterations: `{name} = {name}.detach()` before it is used again.",
        zh="在迭代之间断开：再次使用之前写 `{name} = {name}.detach()`。",
    ),
    "twice.carried.several.fix": Text(
        en="cut it off between iterations: `{name} = tuple(s.detach() for s in {name})` before it is used again.",
        zh="在迭代之间断开：再次使用之前写 `{name} = tuple(s.detach() for s in {name})`。",
    ),
    "twice.carried.unnamed": Text(
        en="a tensor of an earlier iteration is used again, and with it the graph of that iteration, "
        "which its backward() has used up.",
        zh="再次用到了之前迭代的张量，连同那次迭代的计算图；那个图已经被那次的 backward() 用完。",
    ),
    "twice.carried.unnamed.fix": Text(
        en="detach() what is kept from one iteration to the next (a hidden state, a running loss).",
        zh="从一次迭代保留到下一次的量（隐藏状态、累计损失）要先 detach()。",
    ),
    "twice.total": Text(
        en="`{name}` adds up the losses of all iterations with their graphs, and the earlier ones are "
        "used up.",
        zh="`{name}` 把每次迭代的损失连同计算图都累加起来，而之前的图已经用完。",
    ),
    "twice.total.fix": Text(
        en="call backward() on this iteration's loss, and add up numbers only: "
        "`{name} += loss.item()`.",
        zh="对本次迭代的损失调用 backward()，累加时只加数值：`{name} += loss.item()`。",
    ),
    "twice.reused": Text(
        en="`{name}` was already part of an earlier backward pass, which used up the graph behind it.",
        zh="`{name}` 已经参与过之前的一次反向传播，它背后的计算图已被用完。",
    ),
    "twice.before_loop.fix": Text(
        en="compute `{name}` inside the loop, anew in each iteration.",
        zh="把 `{name}` 的计算移到循环里面，每次迭代重新计算。",
    ),
    "twice.constant.fix": Text(
        en="if it is to stay as it is: `{name} = {name}.detach()` before the loop.",
        zh="如果它应当保持不变：在循环之前写 `{name} = {name}.detach()`。",
    ),
    "twice.reused.fix": Text(
        en="compute `{name}` again after line {line}, or use `{name}.detach()` in the loss of line "
        "{line} if that should not train what made `{name}`.",
        zh="在第 {line} 行之后重新计算 `{name}`；如果第 {line} 行的损失不该训练产生 `{name}` 的部分，那里用 `{name}.detach()`。",
    ),
    # Changes in place
    "modified.name": Text(
        en="`{name}`",
        zh="`{name}`",
    ),
    "modified.value": Text(
        en="a value",
        zh="一个数值",
    ),
    "modified.why": Text(
        en="{what} was saved for the backward pass, and then overwritten in place.",
        zh="{what} 的值已为反向传播保存，之后又被原地改写了。",
    ),
    "modified.needs": Text(
        en="The derivative of {function} needs the value that it had.",
        zh="{function} 求导时需要它原来的值。",
    ),
    "modified.saved": Text(
        en="{function} saved it",
        zh="{function} 在这里保存了它",
    ),
    "modified.written": Text(
        en="overwritten here",
        zh="在这里被改写",
    ),
    "modified.failed": Text(
        en="needed here",
        zh="在这里需要它",
    ),
    "modified.fix.out": Text(
        en="make a new tensor instead of `{text}`: `{better}`.",
        zh="不要写 `{text}`，改为得到新张量：`{better}`。",
    ),
    "modified.fix": Text(
        en="change a copy, `{name}.clone()`, or make a new tensor (`x = x + 1` instead of `x += 1`).",
        zh="修改副本 `{name}.clone()`，或得到新张量（写 `x = x + 1`，不写 `x += 1`）。",
    ),
    "modified.fix.step": Text(
        en="call backward() for all losses before `{text}`, or compute the later loss after it.",
        zh="先对所有损失调用 backward()，再执行 `{text}`；或者在它之后重新计算后面的损失。",
    ),
    "modified.fix.clone": Text(
        en="compute with a copy: `{name}.clone()`.",
        zh="用副本计算：`{name}.clone()`。",
    ),
    "leaf.in_place": Text(
        en="`{name}` is a parameter (a leaf that requires grad), and this line would change it as "
        "part of the computation.",
        zh="`{name}` 是参数（需要求导的叶子张量），这一行会把对它的修改也当作计算的一部分。",
    ),
    "leaf.in_place.fix": Text(
        en="if this is an update or an initialisation, don't record it:\nwith torch.no_grad():\n"
        "    {text}",
        zh="如果这是更新或初始化，就不要记录它：\nwith torch.no_grad():\n    {text}",
    ),
    "leaf.in_place.data": Text(
        en="if it belongs to the computation, make a new tensor: start from `{name}.clone()`.",
        zh="如果它属于计算过程，就用新张量：从 `{name}.clone()` 开始。",
    ),
    "numpy.why": Text(
        en="`{name}` carries the history that derivatives need, and NumPy can't carry it.",
        zh="`{name}` 带有求导需要的计算历史，而 NumPy 无法携带它。",
    ),
    "numpy.fix": Text(
        en="`{name}.detach().numpy()` gives the values.",
        zh="`{name}.detach().numpy()` 只取数值。",
    ),
    "numpy.fix.block": Text(
        en="compute it under `with torch.no_grad():`, if it is not for training.",
        zh="如果不用于训练，也可以在 `with torch.no_grad():` 下计算它。",
    ),
}
