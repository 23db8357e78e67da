"""Texts about shapes, dtypes, indices and targets."""

from rushlight.explain.catalogue.common import Text

TEXTS = {
    # Shapes
    "shape.broadcast": Text(
        en="`{a}` and `{b}` are combined element by element, and one dimension differs: {m} against {n}. Shapes are compared from the right; sizes must be equal, or one of them 1.",
        zh="`{a}` 与 `{b}` 逐元素运算，但有一个维度不同：{m} 对 {n}。形状从右边开始比较，大小必须相同，或其中一个是 1。",
    ),
    "shape.channels": Text(
        en="`{name}.view(-1, {ones})` has shape {shape}, which goes along that dimension.",
        zh="`{name}.view(-1, {ones})` 的形状是 {shape}，正好对应那一维。",
    ),
    "shape.unsqueeze": Text(
        en="`{name}.unsqueeze({dim})` has shape {shape}.",
        zh="`{name}.unsqueeze({dim})` 的形状是 {shape}。",
    ),
    "shape.transpose": Text(
        en="`{name}.T` has shape {shape}.",
        zh="`{name}.T` 的形状是 {shape}。",
    ),
    "shape.permute": Text(
        en="`{name}.permute({order})` has shape {shape}.",
        zh="`{name}.permute({order})` 的形状是 {shape}。",
    ),
    "shape.reshape": Text(
        en="`{name}.reshape({shape})` has the shape of `{target}`, if the elements are in the right order for that.",
        zh="`{name}.reshape({shape})` 与 `{target}` 形状相同，前提是元素的顺序本来就对应。",
    ),
    "shape.unequal.fix": Text(
        en="make the sizes equal where the tensors are made (the size of a layer, of a batch, of a slice).",
        zh="在产生这些张量的地方让大小一致（层的大小、批的大小、切片的范围）。",
    ),
    "shape.wanted": Text(
        en="wanted",
        zh="需要",
    ),
    "shape.given": Text(
        en="given",
        zh="给出",
    ),
    "shape.expand": Text(
        en="a dimension of size {m} can't become {n}: only a dimension of size 1 can be repeated.",
        zh="大小为 {m} 的维度不能变成 {n}：只有大小为 1 的维度可以重复。",
    ),
    "shape.product": Text(
        en="in `{a} @ {b}` the last size of `{a}` ({m}) must be the number of rows of `{b}` ({n}).",
        zh="在 `{a} @ {b}` 中，`{a}` 的最后一维（{m}）必须等于 `{b}` 的行数（{n}）。",
    ),
    "shape.product.fix": Text(
        en="make one of `{a}` and `{b}` with the size that the other one has there.",
        zh="创建 `{a}` 或 `{b}` 时，让这两个大小相同。",
    ),
    "shape.transpose.right": Text(
        en="`{a} @ {b}.T` fits.",
        zh="`{a} @ {b}.T` 可以相乘。",
    ),
    "shape.transpose.left": Text(
        en="`{a}.T @ {b}` fits.",
        zh="`{a}.T @ {b}` 可以相乘。",
    ),
    "shape.transpose.last": Text(
        en="`{a} @ {b}.transpose(-2, -1)` fits.",
        zh="`{a} @ {b}.transpose(-2, -1)` 可以相乘。",
    ),
    "shape.elementwise": Text(
        en="`{a} * {b}`, if the product element by element is meant.",
        zh="如果想要逐元素相乘，用 `{a} * {b}`。",
    ),
    "shape.linear": Text(
        en="`{layer}` takes {wants} features in the last dimension, and `{name}` has {got} there.",
        zh="`{layer}` 要求最后一维有 {wants} 个特征，而 `{name}` 的最后一维是 {got}。",
    ),
    "shape.linear.weight": Text(
        en="make the weight `{name}` of shape [{out}, {got}] (outputs, inputs).",
        zh="权重 `{name}` 的形状应为 [{out}, {got}]（输出，输入）。",
    ),
    "shape.flatten": Text(
        en="`{name}.flatten(1)` puts the {sizes} = {count} features of each sample in one row.",
        zh="`{name}.flatten(1)` 把每个样本的 {sizes} = {count} 个特征排成一行。",
    ),
    "shape.layer.flat": Text(
        en="flatten each sample, `{name}.flatten(1)`, and make the layer for that: `{layer} = nn.Linear({count}, {out})`.",
        zh="先展平每个样本 `{name}.flatten(1)`，再让层与之相配：`{layer} = nn.Linear({count}, {out})`。",
    ),
    "shape.layer.in": Text(
        en="if {count} features are right, make the layer for them: `{layer} = nn.Linear({count}, {out})`.",
        zh="如果确实是 {count} 个特征，就让层与之相配：`{layer} = nn.Linear({count}, {out})`。",
    ),
    "shape.conv": Text(
        en="`{layer}` takes {wants} channels in dimension 1, and `{name}` has {got} there.",
        zh="`{layer}` 要求第 1 维有 {wants} 个通道，而 `{name}` 的第 1 维是 {got}。",
    ),
    "shape.conv.unbatched": Text(
        en="`{name}` has {count} dimensions, so `{layer}` takes it for one image of {got} channels; the dimension of channels is missing.",
        zh="`{name}` 只有 {count} 维，`{layer}` 把它当成一张有 {got} 个通道的图像；缺少通道这一维。",
    ),
    "shape.conv.in": Text(
        en="if the number of channels ({count}) is right, make the layer for it: `{layer}` with in_channels={count}.",
        zh="如果确实是 {count} 个通道，就把 `{layer}` 的 in_channels 改为 {count}。",
    ),
    "shape.conv.grey": Text(
        en="repeat a grey image three times: `{name}.expand(-1, 3, -1, -1)`.",
        zh="把灰度图重复三次：`{name}.expand(-1, 3, -1, -1)`。",
    ),
    "shape.dimensions": Text(
        en="`{layer}` takes [{layout}] (N samples, C channels), and `{name}` has {count} dimensions.",
        zh="`{layer}` 要求 [{layout}]（N 个样本，C 个通道），而 `{name}` 有 {count} 维。",
    ),
    "shape.image": Text(
        en="if each row is an image: `{name}.reshape(-1, 1, {side}, {side})`.",
        zh="如果每一行是一张图像：`{name}.reshape(-1, 1, {side}, {side})`。",
    ),
    "shape.dimensions.fix": Text(
        en="bring it to [{layout}] with unsqueeze or reshape.",
        zh="用 unsqueeze 或 reshape 变成 [{layout}]。",
    ),
    "shape.small": Text(
        en="`{name}` is {size} (with padding) where it reaches `{layer}`, smaller than the kernel {kernel}: earlier layers have shrunk it.",
        zh="`{name}` 到达 `{layer}` 时（含填充）只有 {size}，比卷积核 {kernel} 还小：前面的层已经把它缩小了。",
    ),
    "shape.small.fix": Text(
        en="start from larger images, pool less, or pad: padding={padding} more.",
        zh="用更大的图像、减少池化，或增加填充：padding 再加 {padding}。",
    ),
    "shape.norm.fix": Text(
        en="make the layer for that: `{layer}` with num_features={count}.",
        zh="让层与之相配：`{layer}` 的 num_features 改为 {count}。",
    ),
    "shape.norm.dims": Text(
        en="`{layer}` takes {wants} input, and `{name}` has {got} dimensions.",
        zh="`{layer}` 要求 {wants} 输入，而 `{name}` 有 {got} 维。",
    ),
    "shape.norm.dims.fix": Text(
        en="for {count} dimensions there is nn.{better}.",
        zh="{count} 维输入用 nn.{better}。",
    ),
    "shape.norm.one": Text(
        en="`{layer}` is in training mode and normalises over the batch, and in `{name}` there is one value per channel: their spread is not defined.",
        zh="`{layer}` 处于训练模式，要在批内做归一化，而 `{name}` 中每个通道只有一个数，无法计算方差。",
    ),
    "shape.norm.one.fix": Text(
        en="to predict, call `model.eval()` first.",
        zh="如果是在预测，先调用 `model.eval()`。",
    ),
    "shape.norm.one.loader": Text(
        en="to train, use batches of 2 or more: DataLoader(..., drop_last=True) leaves out a rest of one.",
        zh="如果是在训练，每批至少 2 个样本：DataLoader(..., drop_last=True) 会丢掉最后剩下的一个。",
    ),
    "shape.layer_norm": Text(
        en="`{layer}` normalises the last sizes {wants}, and `{name}` ends in {got}.",
        zh="`{layer}` 对最后的 {wants} 做归一化，而 `{name}` 的末尾是 {got}。",
    ),
    "shape.layer_norm.fix": Text(
        en="make the layer for that: `{layer} = nn.LayerNorm({count})`.",
        zh="让层与之相配：`{layer} = nn.LayerNorm({count})`。",
    ),
    "shape.rnn.fix": Text(
        en="make the layer for that: `{layer}` with input_size={count}.",
        zh="让层与之相配：`{layer}` 的 input_size 改为 {count}。",
    ),
    "shape.attention.fix": Text(
        en="make the layer for that: `{layer}` with embed_dim={count}.",
        zh="让层与之相配：`{layer}` 用 embed_dim={count}。",
    ),
    "shape.hidden": Text(
        en="the hidden state for `{layer}` must be {wants} (layers and directions, batch, hidden size), and is {got}.",
        zh="`{layer}` 的隐藏状态应为 {wants}（层数与方向，批大小，隐藏大小），实际是 {got}。",
    ),
    "shape.hidden.fix": Text(
        en="make it for this batch: `torch.zeros({shape})`; with batch_first=True its batch is still in the middle.",
        zh="按当前批创建：`torch.zeros({shape})`；即使 batch_first=True，它的批大小也在中间。",
    ),
    "shape.cat": Text(
        en="torch.cat along dimension {dim} needs all other sizes equal, and `{a}` and `{b}` differ in another one too.",
        zh="torch.cat 沿第 {dim} 维拼接时，其余维度必须相同，而 `{a}` 与 `{b}` 在别的维度上不同。",
    ),
    "shape.cat.dim": Text(
        en="join along the dimension that differs: `dim={dim}`.",
        zh="沿不同的那个维度拼接：`dim={dim}`。",
    ),
    "shape.cat.fix": Text(
        en="make the other sizes equal (crop, or pad with F.pad).",
        zh="让其余维度相同（裁剪，或用 F.pad 填充）。",
    ),
    "shape.cat.dims": Text(
        en="`{a}` has {m} dimensions and `{b}` has {n}; torch.cat joins tensors of equally many.",
        zh="`{a}` 有 {m} 维，`{b}` 有 {n} 维；torch.cat 只能拼接维数相同的张量。",
    ),
    "shape.cat.stack": Text(
        en="give them equally many dimensions with unsqueeze first.",
        zh="先用 unsqueeze 让它们的维数相同。",
    ),
    "shape.stack": Text(
        en="torch.stack lays tensors of one shape on each other, and entry {index} differs from the first.",
        zh="torch.stack 把形状相同的张量叠起来，而第 {index} 个与第一个不同。",
    ),
    "shape.stack.fix": Text(
        en="use torch.cat to join along a dimension that differs, or bring all to one shape (F.pad, nn.utils.rnn.pad_sequence).",
        zh="沿不同的维度拼接用 torch.cat，或先变成同一形状（F.pad、nn.utils.rnn.pad_sequence）。",
    ),
    "shape.batch": Text(
        en="the DataLoader makes a batch of samples of one shape, and sample {index} of this one differs from the first.",
        zh="DataLoader 把形状相同的样本组成一批，而这一批的第 {index} 个样本与第一个不同。",
    ),
    "shape.batch.fix": Text(
        en="bring the samples to one shape in the Dataset (resize, crop, pad), or join them yourself: DataLoader(..., collate_fn=...).",
        zh="在 Dataset 里让样本形状相同（缩放、裁剪、填充），或自己组批：DataLoader(..., collate_fn=...)。",
    ),
    "shape.view": Text(
        en="`{name}` has {count} numbers, and {wanted} needs {product} (or a multiple, with -1).",
        zh="`{name}` 有 {count} 个数，而 {wanted} 需要 {product} 个（含 -1 时为其倍数）。",
    ),
    "shape.view.fix": Text(
        en="`{name}.reshape({shape})` fits; -1 is worked out.",
        zh="`{name}.reshape({shape})` 是可行的；-1 会自动算出。",
    ),
    "shape.stride": Text(
        en="the elements of `{name}` don't lie in memory in the order that view() needs, as after transpose() or permute().",
        zh="`{name}` 的元素在内存中的顺序不符合 view() 的要求，transpose() 或 permute() 之后就会这样。",
    ),
    "shape.stride.fix": Text(
        en="`{name}.reshape({sizes})` copies where it must.",
        zh="用 `{name}.reshape({sizes})`，必要时它会复制。",
    ),
    # Dtypes
    "dtype.mixed": Text(
        en="`{a}` is {x} and `{b}` is {y}; this operation wants one type.",
        zh="`{a}` 是 {x}，`{b}` 是 {y}；这个运算要求类型相同。",
    ),
    "dtype.layer": Text(
        en="`{name}` is {x}, and the parameters of `{layer}` are {y}.",
        zh="`{name}` 是 {x}，而 `{layer}` 的参数是 {y}。",
    ),
    "dtype.cast": Text(
        en="`{name}{cast}` is {dtype}; best where `{name}` is made.",
        zh="`{name}{cast}` 是 {dtype}；最好在产生 `{name}` 的地方转换。",
    ),
    "dtype.model": Text(
        en="compute in float64 throughout: `model{cast}`.",
        zh="全部用 float64 计算：`model{cast}`。",
    ),
    "dtype.from.numpy": Text(
        en="float64 comes from NumPy, whose numbers are float64",
        zh="float64 来自 NumPy，它的数默认是 float64",
    ),
    "dtype.from.explicit": Text(
        en="made so here",
        zh="在这里指定的类型",
    ),
    "dtype.from.integers": Text(
        en="whole numbers make an int64 tensor",
        zh="整数得到 int64 张量",
    ),
    "dtype.holds": Text(
        en="`{name}` holds {own}, and the result is {result}, which does not fit in its memory.",
        zh="`{name}` 存放的是 {own}，而结果是 {result}，放不进它的内存。",
    ),
    "dtype.holds.fix": Text(
        en="make it floating-point first: `{name} = {name}.float()`.",
        zh="先变成浮点数：`{name} = {name}.float()`。",
    ),
    "dtype.integers": Text(
        en="whole numbers jump, so they have no derivative; `{text}` makes an integer tensor.",
        zh="整数是跳变的，没有导数；`{text}` 得到的是整数张量。",
    ),
    "dtype.integers.point": Text(
        en="write numbers with a point: torch.tensor([1.0, 2.0], requires_grad=True).",
        zh="数字带上小数点：torch.tensor([1.0, 2.0], requires_grad=True)。",
    ),
    "dtype.integers.dtype": Text(
        en="say the type: dtype=torch.float32.",
        zh="指定类型：dtype=torch.float32。",
    ),
    "dtype.floats": Text(
        en="{operation} needs floating-point numbers, and `{name}` holds {kind}.",
        zh="{operation} 需要浮点数，而 `{name}` 存放的是 {kind}。",
    ),
    "dtype.floats.fix": Text(
        en="`{name}.float()`.",
        zh="`{name}.float()`。",
    ),
    "dtype.mask": Text(
        en="a mask says true or false for each element, and this one holds {dtype}.",
        zh="掩码对每个元素给出真或假，而这里的掩码是 {dtype}。",
    ),
    "dtype.mask.fix": Text(
        en="compare, or cast: `mask == 0`, `mask.bool()`.",
        zh="用比较或转换：`mask == 0`、`mask.bool()`。",
    ),
    # What isn't a tensor
    "convert.ragged": Text(
        en="the lists inside have different lengths ({a} and {b}), and a tensor is a full grid.",
        zh="里面的列表长度不同（{a} 和 {b}），而张量必须是完整的网格。",
    ),
    "convert.ragged.fix": Text(
        en="pad them to one length: nn.utils.rnn.pad_sequence([torch.tensor(x) for x in lists], batch_first=True).",
        zh="补齐到同一长度：nn.utils.rnn.pad_sequence([torch.tensor(x) for x in lists], batch_first=True)。",
    ),
    "convert.text": Text(
        en="tensors hold numbers, not text.",
        zh="张量只能存放数字，不能存放文字。",
    ),
    "convert.text.fix": Text(
        en="number the texts first: index = {{word: i for i, word in enumerate(sorted(set(words)))}}.",
        zh="先给文字编号：index = {{word: i for i, word in enumerate(sorted(set(words)))}}。",
    ),
    "convert.no_array": Text(
        en="from_numpy takes a NumPy array, and this is a {kind}.",
        zh="from_numpy 需要 NumPy 数组，而这里是 {kind}。",
    ),
    "convert.no_array.fix": Text(
        en="`torch.tensor({text})`.",
        zh="`torch.tensor({text})`。",
    ),
    "convert.array": Text(
        en="`{text}` is a NumPy array ({kind}), not a tensor.",
        zh="`{text}` 是 NumPy 数组（{kind}），不是张量。",
    ),
    "convert.array.fix": Text(
        en="`torch.from_numpy({text}).float()`.",
        zh="`torch.from_numpy({text}).float()`。",
    ),
    "convert.list": Text(
        en="`{text}` is a {kind}, not a tensor.",
        zh="`{text}` 是 {kind}，不是张量。",
    ),
    "convert.list.fix": Text(
        en="`torch.tensor({text})`; for a list of tensors, torch.stack({text}).",
        zh="`torch.tensor({text})`；如果是张量的列表，用 torch.stack({text})。",
    ),
    "convert.tuple": Text(
        en="`{text}` is a {kind}: recurrent and attention layers return several things, the output first.",
        zh="`{text}` 是 {kind}：循环层和注意力层返回多个结果，第一个是输出。",
    ),
    "convert.tuple.fix": Text(
        en="take it apart: `output, hidden = ...`, or use `{text}[0]`.",
        zh="拆开：`output, hidden = ...`，或用 `{text}[0]`。",
    ),
    "convert.none": Text(
        en="`{text}` is None ({kind}): the function that made it has no `return`, often a model's forward.",
        zh="`{text}` 是 None（{kind}）：产生它的函数没有 `return`，常见于模型的 forward。",
    ),
    "convert.none.fix": Text(
        en="end that function with `return ...`, then `{text}` is what it computed.",
        zh="在那个函数末尾写 `return ...`，`{text}` 才是它的计算结果。",
    ),
    "convert.module": Text(
        en="`{text}` is a layer ({kind}), not a tensor.",
        zh="`{text}` 是一个层（{kind}），不是张量。",
    ),
    "convert.module.fix": Text(
        en="call it on its input: `{text}(x)`.",
        zh="对输入调用它：`{text}(x)`。",
    ),
    "convert.other": Text(
        en="`{text}` is a {kind}, not a tensor.",
        zh="`{text}` 是 {kind}，不是张量。",
    ),
    "convert.other.fix": Text(
        en="`torch.tensor({text})`, if it holds numbers.",
        zh="如果它是数，用 `torch.tensor({text})`。",
    ),
    # Targets
    "target.range": Text(
        en="`{scores}` has scores for {classes} classes, 0 to {last};",
        zh="`{scores}` 给出 {classes} 个类别的得分，编号 0 到 {last}；",
    ),
    "target.range.given": Text(
        en="`{name}` goes from {low} to {high}.",
        zh="而 `{name}` 的范围是 {low} 到 {high}。",
    ),
    "target.range.from_one": Text(
        en="classes count from 0: use `{name} - 1`.",
        zh="类别从 0 开始编号：用 `{name} - 1`。",
    ),
    "target.range.wider": Text(
        en="give the last layer {count} outputs instead of {classes}, if there are so many classes; else correct the labels.",
        zh="如果确实有这么多类别，最后一层要有 {count} 个输出，而不是 {classes} 个；否则改正标签。",
    ),
    "target.range.ignore": Text(
        en="if {low} in `{name}` marks what is not to count, say so: ignore_index={low}.",
        zh="如果 `{name}` 里的 {low} 表示忽略，就指定 ignore_index={low}。",
    ),
    "target.batch": Text(
        en="`{scores}` has {m} samples and `{name}` has {n}.",
        zh="`{scores}` 有 {m} 个样本，`{name}` 有 {n} 个。",
    ),
    "target.batch.view": Text(
        en="look where the first dimension of `{scores}` changes: a view(-1, ...) or flatten() may have mixed samples with features; flatten(1) keeps the batch.",
        zh="看看 `{scores}` 的第一维在哪里变了：view(-1, ...) 或 flatten() 可能把样本和特征混在了一起；flatten(1) 会保留批的维度。",
    ),
    "target.flatten": Text(
        en="`{name}.flatten()` has one class per sample.",
        zh="`{name}.flatten()` 使每个样本对应一个类别。",
    ),
    "target.sequence": Text(
        en="for a class at every position, flatten both: `{scores}.reshape(-1, {classes})` and `{name}.reshape(-1)`.",
        zh="如果每个位置都有一个类别，把两者展平：`{scores}.reshape(-1, {classes})` 和 `{name}.reshape(-1)`。",
    ),
    "target.one_hot": Text(
        en="`{name}` is one-hot (a column for each class, whole numbers); the loss takes the number of the class.",
        zh="`{name}` 是独热编码（每个类别一列，整数）；这个损失需要的是类别编号。",
    ),
    "target.one_hot.classes": Text(
        en="`{name}.argmax(1)`.",
        zh="`{name}.argmax(1)`。",
    ),
    "target.one_hot.float": Text(
        en="give probabilities as floating-point numbers: `{name}.float()`.",
        zh="把它作为概率给出（浮点数）：`{name}.float()`。",
    ),
    "target.column": Text(
        en="`{name}` is a column, and the loss takes one class per sample, without that dimension.",
        zh="`{name}` 是一列，而这个损失要求每个样本一个类别，不带这一维。",
    ),
    "target.squeeze": Text(
        en="`{name}.squeeze(1)`.",
        zh="`{name}.squeeze(1)`。",
    ),
    "target.columns": Text(
        en="`{name}` has {got} columns, and there are {classes} classes.",
        zh="`{name}` 有 {got} 列，而类别有 {classes} 个。",
    ),
    "target.columns.fix": Text(
        en="make `{name}` one class number per sample, or one probability for each of the {classes} classes.",
        zh="`{name}` 应为每个样本一个类别编号，或 {classes} 个类别各一个概率。",
    ),
    "target.float": Text(
        en="`{name}` is {dtype}; numbers of classes must be whole (int64).",
        zh="`{name}` 是 {dtype}；类别编号必须是整数（int64）。",
    ),
    "target.float.fix": Text(
        en="`{name}.long()`.",
        zh="`{name}.long()`。",
    ),
    "target.float.one_column": Text(
        en="as the model has one output for yes or no: F.binary_cross_entropy_with_logits.",
        zh="模型只有一个表示是否的输出，用 F.binary_cross_entropy_with_logits。",
    ),
    "target.positions": Text(
        en="for a class at each position, dimension 1 of `{scores}` is for the classes, so `{name}` would need shape {wanted}.",
        zh="对每个位置分类时，`{scores}` 的第 1 维应当是类别，因此 `{name}` 的形状本应是 {wanted}。",
    ),
    "target.positions.fix": Text(
        en="the classes are in the last dimension: `{scores}.transpose(1, -1)`.",
        zh="类别在最后一维，把它换到第 1 维：`{scores}.transpose(1, -1)`。",
    ),
    "target.unequal": Text(
        en="`{scores}` and `{name}` must have one shape; broadcasting would compare every prediction with every target.",
        zh="`{scores}` 与 `{name}` 的形状必须相同；否则广播会让每个预测与每个目标两两比较。",
    ),
    "target.broadcast": Text(
        en="`{scores}` and `{name}` have different shapes, so broadcasting compares each of the {n} predictions with every target. The model then learns only the mean of the targets.",
        zh="`{scores}` 与 `{name}` 的形状不同，广播会让 {n} 个预测中的每一个都和所有目标相比，模型最后只会学到目标的平均值。",
    ),
    "target.unequal.fix": Text(
        en="bring both to one shape where they are made.",
        zh="在产生它们的地方让形状一致。",
    ),
    "target.unsqueeze": Text(
        en="`{name}.unsqueeze(1)`.",
        zh="`{name}.unsqueeze(1)`。",
    ),
    "target.squeeze.scores": Text(
        en="`{scores}.squeeze(1)`.",
        zh="`{scores}.squeeze(1)`。",
    ),
    "target.squeeze.last": Text(
        en="`{name}.squeeze(-1)`.",
        zh="`{name}.squeeze(-1)`。",
    ),
    "target.view": Text(
        en="`{name}.view_as({scores})`, if the order is the same.",
        zh="如果顺序一致，用 `{name}.view_as({scores})`。",
    ),
    "target.dtype": Text(
        en="`{scores}` is {x} and `{name}` is {y}; this loss wants one type.",
        zh="`{scores}` 是 {x}，`{name}` 是 {y}；这个损失要求类型相同。",
    ),
    "target.dtype.fix": Text(
        en="`{name}{cast}`.",
        zh="`{name}{cast}`。",
    ),
    "target.probabilities": Text(
        en="this loss takes probabilities, from 0 to 1, and `{name}` goes from {low} to {high}.",
        zh="这个损失要求 0 到 1 之间的概率，而 `{name}` 的范围是 {low} 到 {high}。",
    ),
    "target.probabilities.fix": Text(
        en="F.binary_cross_entropy_with_logits takes scores as they are; or use `torch.sigmoid({name})`.",
        zh="F.binary_cross_entropy_with_logits 可直接使用得分；或用 `torch.sigmoid({name})`。",
    ),
    "target.probabilities.target": Text(
        en="bring `{name}` to 0 for no and 1 for yes.",
        zh="让 `{name}` 用 0 表示否、1 表示是。",
    ),
    "target.encode": Text(
        en="`{name}` goes from {low} to {high}; classes count from 0, and the highest must be below num_classes.",
        zh="`{name}` 的范围是 {low} 到 {high}；类别从 0 开始，最大的编号必须小于 num_classes。",
    ),
    "target.encode.fix": Text(
        en="`F.one_hot({name}, num_classes={count})`.",
        zh="`F.one_hot({name}, num_classes={count})`。",
    ),
    # Indices and dimensions
    "index.range": Text(
        en="`{name}` has {size} entries in dimension {dim}, numbered 0 to {last}; there is no {index}.",
        zh="`{name}` 的第 {dim} 维有 {size} 项，编号 0 到 {last}；没有 {index}。",
    ),
    "index.range.fix": Text(
        en="the last one is {last}, or -1.",
        zh="最后一项是 {last}，也可写 -1。",
    ),
    "index.embedding": Text(
        en="`{layer}` has {rows} rows, and `{name}` asks for numbers from {low} to {high}.",
        zh="`{layer}` 有 {rows} 行，而 `{name}` 用到的编号是 {low} 到 {high}。",
    ),
    "index.embedding.fix": Text(
        en="make it larger, `{layer}` with num_embeddings={count} (the padding and unknown words count too), or correct the numbers.",
        zh="把 `{layer}` 的 num_embeddings 改为 {count}（填充符和未知词也要算上），或改正编号。",
    ),
    "index.embedding.negative": Text(
        en="`{name}` must not be negative; give the padding a row of its own (padding_idx).",
        zh="`{name}` 不能为负；给填充符单独一行（padding_idx）。",
    ),
    "index.float": Text(
        en="`{name}` is {kind}; `{layer}` looks rows up by whole numbers.",
        zh="`{name}` 是 {kind}；`{layer}` 按整数编号查行。",
    ),
    "index.float.fix": Text(
        en="`{name}.long()`.",
        zh="`{name}.long()`。",
    ),
    "index.index": Text(
        en="`{name}` holds floating-point numbers; positions are whole.",
        zh="`{name}` 是浮点数；位置必须是整数。",
    ),
    "index.dim": Text(
        en="there is no dimension {dim}: `{name}` has {count}, numbered from 0.",
        zh="没有第 {dim} 维：`{name}` 只有 {count} 维，从 0 开始编号。",
    ),
    "index.dim.fix": Text(
        en="use a dimension from {low} to {high} (-1 is the last one), or unsqueeze first.",
        zh="用 {low} 到 {high} 之间的维度（-1 是最后一维），或先用 unsqueeze 增加维度。",
    ),
    "index.many": Text(
        en="`{name}` has {count} dimensions, and the index names more.",
        zh="`{name}` 只有 {count} 维，而下标给出了更多。",
    ),
    "index.many.fix": Text(
        en="leave out an index, or add a dimension: `{name}.unsqueeze(-1)`.",
        zh="去掉一个下标，或增加一维：`{name}.unsqueeze(-1)`。",
    ),
    # One number
    "number.several": Text(
        en="`{name}` has shape {shape}; only one number can become a Python number.",
        zh="`{name}` 的形状是 {shape}；只有一个数才能变成 Python 的数。",
    ),
    "number.reduce": Text(
        en="make one of them: `{name}.mean().item()`, `.sum()`, or pick one with an index.",
        zh="先得到一个数：`{name}.mean().item()`、`.sum()`，或用下标取出一个。",
    ),
    "number.list": Text(
        en="take all: `{name}.tolist()`.",
        zh="取出全部：`{name}.tolist()`。",
    ),
    "number.zero_dim": Text(
        en="`{name}` is one number (shape []), without elements to go through.",
        zh="`{name}` 是一个数（形状 []），没有可以逐个取出的元素。",
    ),
    "number.zero_dim.fix": Text(
        en="`{name}.item()` is its value; `{name}.reshape(1)` is a list of one.",
        zh="`{name}.item()` 是它的值；`{name}.reshape(1)` 是只含一个元素的张量。",
    ),
    "truth.several": Text(
        en="`{text}` is true for some elements and maybe not for others, so it is neither true nor false.",
        zh="`{text}` 对每个元素各有真假，所以整体上既不是真也不是假。",
    ),
    "truth.any": Text(
        en="`({text}).any()`, or `({text}).all()`.",
        zh="`({text}).any()` 或 `({text}).all()`。",
    ),
    "truth.where": Text(
        en="choose for each element: torch.where(condition, a, b).",
        zh="对每个元素分别选择：torch.where(条件, a, b)。",
    ),
    "truth.loss": Text(
        en="{loss} is a class: `{text}` gives the tensors to its options, not to the loss.",
        zh="{loss} 是一个类：`{text}` 把张量当成了它的选项，而不是损失的输入。",
    ),
    "truth.loss.fix": Text(
        en="make the loss, then call it: `{loss}()(scores, target)`.",
        zh="先创建损失，再调用：`{loss}()(得分, 目标)`。",
    ),
}
