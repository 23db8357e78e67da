"""Texts about models, their files, and the names of the interface."""

from rushlight.explain.catalogue.common import Text

TEXTS = {
    # Devices
    "device.why": Text(
        en="Rushlight computes on the CPU.",
        zh="Rushlight 在 CPU 上计算。",
    ),
    "device.fix": Text(
        en="choose the device with `device = 'cuda' if torch.cuda.is_available() else 'cpu'`.",
        zh="这样选择设备：`device = 'cuda' if torch.cuda.is_available() else 'cpu'`。",
    ),
    "device.file": Text(
        en="the file was saved on a GPU, and Rushlight computes on the CPU.",
        zh="文件是在 GPU 上保存的，而 Rushlight 在 CPU 上计算。",
    ),
    "device.file.fix": Text(
        en="`torch.load(path, map_location='cpu')`.",
        zh="`torch.load(path, map_location='cpu')`。",
    ),
    "device.nccl.fix": Text(
        en="use the backend of the CPU: `init_process_group('gloo')`.",
        zh="使用 CPU 的后端：`init_process_group('gloo')`。",
    ),
    "device.generator.fix": Text(
        en="write `torch.Generator()` or `torch.Generator(device='cpu')`.",
        zh="写 `torch.Generator()` 或 `torch.Generator(device='cpu')`。",
    ),
    # Files and other formats
    "file.old": Text(
        en="the file has a format of long ago, which Rushlight does not read.",
        zh="文件是很早以前的格式，Rushlight 无法读取。",
    ),
    "file.old.fix": Text(
        en="Load it with PyTorch and save it again: `torch.save(torch.load(old, weights_only=False), new)`.",
        zh="用 PyTorch 加载后重新保存：`torch.save(torch.load(old, weights_only=False), new)`。",
    ),
    "file.zip": Text(
        en="the format from before PyTorch 1.6 is not written.",
        zh="不支持写入 PyTorch 1.6 之前的格式。",
    ),
    "file.zip.fix": Text(
        en="leave out `_use_new_zipfile_serialization=False`.",
        zh="去掉 `_use_new_zipfile_serialization=False`。",
    ),
    "file.other": Text(
        en="the zip file was not written by torch.save.",
        zh="这个 zip 文件不是由 torch.save 写出的。",
    ),
    "file.other.fix": Text(
        en="check the path; a file that was downloaded may have to be unpacked first.",
        zh="检查路径；下载的文件可能需要先解压。",
    ),
    "file.bomb": Text(
        en="no honest file is like this: it may be made to fill the memory.",
        zh="正常的文件不会这样：它可能是为了占满内存而制作的。",
    ),
    "file.bomb.fix": Text(
        en="get the file anew, from a source that you trust.",
        zh="从可信的来源重新获取文件。",
    ),
    "file.script": Text(
        en="TorchScript is compiled code, which only PyTorch runs.",
        zh="TorchScript 是编译后的代码，只有 PyTorch 能运行。",
    ),
    "file.script.fix": Text(
        en="keep the parameters: under PyTorch, `torch.save(torch.jit.load(path).state_dict(), path)`.",
        zh="只保存参数：在 PyTorch 中 `torch.save(torch.jit.load(path).state_dict(), path)`。",
    ),
    "file.onnx": Text(
        en="ONNX is not written here.",
        zh="这里不能写出 ONNX。",
    ),
    "file.onnx.fix": Text(
        en="save the parameters, `torch.save(model.state_dict(), path)`, load them into the same model under PyTorch, and export there.",
        zh="保存参数 `torch.save(model.state_dict(), path)`，在 PyTorch 中加载到同样的模型，再导出。",
    ),
    "package.why": Text(
        en="{name} is optional, and not installed with Rushlight itself.",
        zh="{name} 是可选的，不随 Rushlight 一起安装。",
    ),
    "package.fix": Text(
        en="`pip install 'rushlight[{extra}]'`.",
        zh="`pip install 'rushlight[{extra}]'`。",
    ),
    "assign.why": Text(
        en="only numbers and tensors can be assigned to elements of a tensor, and this is a {kind}.",
        zh="只能把数或张量赋给张量的元素，而这里是 {kind}。",
    ),
    "assign.fix": Text(
        en="make it a tensor first: `torch.tensor(value)`.",
        zh="先变成张量：`torch.tensor(value)`。",
    ),
    # State dictionaries
    "state.prefix.file": Text(
        en="all keys of the file begin with `{prefix}`, which the model's have not (as after saving a DataParallel model).",
        zh="文件里的键都以 `{prefix}` 开头，而模型的键没有（保存 DataParallel 模型后就会这样）。",
    ),
    "state.prefix.file.fix": Text(
        en="take it off: `state = {{key.removeprefix('{prefix}'): value for key, value in state.items()}}`.",
        zh="去掉它：`state = {{key.removeprefix('{prefix}'): value for key, value in state.items()}}`。",
    ),
    "state.prefix.model": Text(
        en="all keys of the model begin with `{prefix}`, which the file's have not.",
        zh="模型的键都以 `{prefix}` 开头，而文件里的键没有。",
    ),
    "state.prefix.model.fix": Text(
        en="load the part: `model.{prefix}load_state_dict(state)`, or put `{prefix}` in front of each key.",
        zh="只加载那一部分：`model.{prefix}load_state_dict(state)`，或在每个键前加上 `{prefix}`。",
    ),
    "state.keys": Text(
        en="the names in the file are not those of the model: {missing} missing, {unexpected} unexpected.",
        zh="文件中的名字与模型不一致：缺少 {missing} 个，多出 {unexpected} 个。",
    ),
    "state.close": Text(
        en="the model has `{key}`, the file has `{close}`",
        zh="模型有 `{key}`，文件有 `{close}`",
    ),
    "state.missing": Text(
        en="only the model has `{key}`",
        zh="只有模型有 `{key}`",
    ),
    "state.unexpected": Text(
        en="only the file has `{key}`",
        zh="只有文件有 `{key}`",
    ),
    "state.more": Text(
        en="... and {count} more",
        zh="…… 还有 {count} 个",
    ),
    "state.nested.fix": Text(
        en="the file is a checkpoint, and the parameters are one entry of it: `model.load_state_dict(checkpoint['{key}'])`.",
        zh="文件是一个检查点，参数是其中的一项：`model.load_state_dict(checkpoint['{key}'])`。",
    ),
    "state.rename.fix": Text(
        en="build the model as it was when it was saved, or rename the keys: `state['{new}'] = state.pop('{old}')`.",
        zh="按保存时的结构建立模型，或改键名：`state['{new}'] = state.pop('{old}')`。",
    ),
    "state.strict.fix": Text(
        en="build the model as it was when it was saved; `load_state_dict(state, strict=False)` loads what fits and leaves the rest as it is.",
        zh="按保存时的结构建立模型；`load_state_dict(state, strict=False)` 只加载能对上的，其余保持不变。",
    ),
    "state.sizes": Text(
        en="{count} parameters have another shape than in the file.",
        zh="有 {count} 个参数的形状与文件中不同。",
    ),
    "state.size": Text(
        en="`{key}`: {given} in the file, {own} in the model",
        zh="`{key}`：文件中 {given}，模型中 {own}",
    ),
    "state.sizes.fix": Text(
        en="give the layers the sizes that they had; or leave those entries out and load the rest with strict=False.",
        zh="让层的大小与保存时相同；或去掉这些项，用 strict=False 加载其余的。",
    ),
    "state.path": Text(
        en="`{text}` is the name of a file; load_state_dict takes what is in it.",
        zh="`{text}` 是文件名；load_state_dict 需要的是文件的内容。",
    ),
    "state.path.fix": Text(
        en="`model.load_state_dict(torch.load({text}))`.",
        zh="`model.load_state_dict(torch.load({text}))`。",
    ),
    "state.model": Text(
        en="`{text}` is not a dictionary of parameters; perhaps the whole model was saved.",
        zh="`{text}` 不是参数字典；可能保存的是整个模型。",
    ),
    "state.model.fix": Text(
        en="`{text}.state_dict()` is one.",
        zh="`{text}.state_dict()` 才是参数字典。",
    ),
    "state.optimizer": Text(
        en="the optimizer was saved with other parameters than it has now.",
        zh="保存优化器时的参数与现在的不同。",
    ),
    "state.optimizer.fix": Text(
        en="make it from the same model, with the same groups in the same order, before loading its state.",
        zh="加载之前，用同样的模型、同样顺序的参数组创建它。",
    ),
    # Names
    "name.unknown": Text(
        en="Rushlight has no `{name}`.",
        zh="Rushlight 里没有 `{name}`。",
    ),
    "name.unknown.fix": Text(
        en="check the spelling; if PyTorch has it, it is not in Rushlight yet, and another function "
        "must do.",
        zh="检查拼写；如果 PyTorch 有它，那就是 Rushlight 还没有实现，请换用其他函数。",
    ),
    "name.companion": Text(
        en="`{name}` is a package of its own, made of PyTorch's compiled code, and isn't installed.",
        zh="`{name}` 是另一个包，依赖 PyTorch 的编译代码，这里没有安装。",
    ),
    "name.torchvision.fix": Text(
        en="load images with Pillow or scikit-learn, `torch.from_numpy(np.asarray(image))`; write "
        "transforms as functions of tensors and models with `torch.nn`.",
        zh="用 Pillow 或 scikit-learn 读取图像，`torch.from_numpy(np.asarray(image))`；把变换写成张量的函数，"
        "用 `torch.nn` 写模型。",
    ),
    "name.torchaudio.fix": Text(
        en="load sound with `scipy.io.wavfile` and `torch.from_numpy`; spectra are in `torch.stft`.",
        zh="用 `scipy.io.wavfile` 和 `torch.from_numpy` 读取声音；频谱见 `torch.stft`。",
    ),
    "name.torchtext.fix": Text(
        en="split the text with Python's own `str.split` or `re`, number the words in a dict, and "
        "pad with `torch.nn.utils.rnn.pad_sequence`.",
        zh="用 Python 自带的 `str.split` 或 `re` 切分文本，用字典给词编号，再用 "
        "`torch.nn.utils.rnn.pad_sequence` 补齐。",
    ),
    "name.missing": Text(
        en="there is no `{name}`.",
        zh="没有 `{name}`。",
    ),
    "name.close": Text(
        en="`{better}`?",
        zh="是不是 `{better}`？",
    ),
    "name.several": Text(
        en="`{text}` is a {kind} of several results, and `{name}` belongs to a tensor.",
        zh="`{text}` 是由多个结果组成的 {kind}，而 `{name}` 属于张量。",
    ),
    "name.several.fix": Text(
        en="take it apart: `output, hidden = ...`, or `{text}[0]`.",
        zh="拆开：`output, hidden = ...`，或用 `{text}[0]`。",
    ),
    "name.object": Text(
        en="`{text}` ({kind}) has nothing called `{name}`.",
        zh="`{text}`（{kind}）没有名为 `{name}` 的属性。",
    ),
    "name.object.fix": Text(
        en="`print({text})` shows what it has; what __init__ keeps must be assigned to `self`.",
        zh="`print({text})` 会显示它有什么；__init__ 里要保留的东西必须赋值给 `self`。",
    ),
    "name.local": Text(
        en="`{name}` is a variable inside __init__ of {kind}, which is gone when __init__ ends.",
        zh="`{name}` 只是 {kind} 的 __init__ 里的局部变量，__init__ 结束后就没有了。",
    ),
    "name.local.fix": Text(
        en="keep it: `self.{name} = ...` in __init__.",
        zh="在 __init__ 里保留它：`self.{name} = ...`。",
    ),
    # Arguments
    "keyword.unknown": Text(
        en="{function} has no argument `{name}`.",
        zh="{function} 没有参数 `{name}`。",
    ),
    "keyword.known": Text(
        en="{function} has no argument `{name}`; it has: {known}.",
        zh="{function} 没有参数 `{name}`；它的参数有：{known}。",
    ),
    "keyword.close": Text(
        en="`{close}=` instead of `{name}=`?",
        zh="是不是 `{close}=`，而不是 `{name}=`？",
    ),
    "keyword.drop": Text(
        en="leave out `{name}=`.",
        zh="去掉 `{name}=`。",
    ),
    "arguments.missing": Text(
        en="{function} also needs {names}.",
        zh="{function} 还需要 {names}。",
    ),
    "arguments.many": Text(
        en="{function} takes {count} arguments, and {given} were given.",
        zh="{function} 接受 {count} 个参数，却给了 {given} 个。",
    ),
    "arguments.signature": Text(
        en="`{function}({known})`.",
        zh="`{function}({known})`。",
    ),
    "arguments.self": Text(
        en="{function} is called with the object itself first, and its definition does not name it.",
        zh="调用 {function} 时第一个参数是对象本身，而它的定义里没有写。",
    ),
    "arguments.self.fix": Text(
        en="`def {function}(self, ...)`.",
        zh="`def {function}(self, ...)`。",
    ),
    # Models and optimizers
    "model.no_init": Text(
        en="the model keeps its layers in tables that nn.Module's own __init__ makes, and that has not run yet.",
        zh="模型用 nn.Module 的 __init__ 建立的表来登记各层，而它还没有运行。",
    ),
    "model.no_init.fix": Text(
        en="begin __init__ with `super().__init__()`.",
        zh="在 __init__ 的第一行写 `super().__init__()`。",
    ),
    "model.forward": Text(
        en="{kind} does not say what it computes.",
        zh="{kind} 没有说明要计算什么。",
    ),
    "model.forward.fix": Text(
        en="give the class a method `def forward(self, x):`, indented as deep as __init__ (not inside it).",
        zh="给这个类写方法 `def forward(self, x):`，缩进与 __init__ 相同（不要写在 __init__ 里面）。",
    ),
    "model.forward.close": Text(
        en="{kind} has a method `{close}`; the one that is called is `forward`.",
        zh="{kind} 有方法 `{close}`；被调用的方法名是 `forward`。",
    ),
    "model.forward.close.fix": Text(
        en="rename `{close}` to `forward`.",
        zh="把 `{close}` 改名为 `forward`。",
    ),
    "model.list": Text(
        en="{kind} keeps layers, and does not say in which order they compute.",
        zh="{kind} 只保存层，不规定计算顺序。",
    ),
    "model.list.fix": Text(
        en="go through it, `for layer in layers: x = layer(x)`, or use nn.Sequential in place of {kind}.",
        zh="逐个调用：`for layer in layers: x = layer(x)`，或用 nn.Sequential 代替 {kind}。",
    ),
    "model.hidden": Text(
        en="`{name}.{attribute}` is a plain list or dictionary, in which nn.Module does not look for layers; so the model has no parameters.",
        zh="`{name}.{attribute}` 是普通的列表或字典，nn.Module 不会在里面找层，所以模型没有参数。",
    ),
    "model.hidden.fix": Text(
        en="`self.{attribute} = nn.ModuleList([...])`, or nn.Sequential, or nn.ModuleDict.",
        zh="`self.{attribute} = nn.ModuleList([...])`，或 nn.Sequential、nn.ModuleDict。",
    ),
    "optimizer.empty": Text(
        en="`{text}` gives no parameters; a generator such as model.parameters() is used up after one pass.",
        zh="`{text}` 没有给出任何参数；model.parameters() 这样的生成器用过一次就空了。",
    ),
    "optimizer.empty.fix": Text(
        en="keep them in a list: `list(model.parameters())` instead of `{text}`; layers must be attributes of the model.",
        zh="用列表保存：`list(model.parameters())`，不用 `{text}`；层必须是模型的属性。",
    ),
    "optimizer.model": Text(
        en="`{text}` is a model, and what is asked for here is its parameters.",
        zh="`{text}` 是模型，而这里需要的是它的参数。",
    ),
    "optimizer.model.fix": Text(
        en="`{text}.parameters()`.",
        zh="`{text}.parameters()`。",
    ),
    "optimizer.result": Text(
        en="an optimizer changes leaves, and one of these tensors is the result of an operation: it would be computed anew from its leaf.",
        zh="优化器修改的是叶子张量，而其中一个是运算的结果：它会由叶子张量重新算出。",
    ),
    "optimizer.result.fix": Text(
        en="make the leaf last: `w = (torch.randn(3) * 0.1).requires_grad_()`, not an operation on `torch.randn(3, requires_grad=True)`.",
        zh="最后再标记叶子：`w = (torch.randn(3) * 0.1).requires_grad_()`，不要对 `torch.randn(3, requires_grad=True)` 再做运算。",
    ),
}
