"""The report of `rushlight doctor`."""

from rushlight.explain.catalogue.common import Text

TEXTS = {
    "doctor.title": Text(en="Training report: {program}", zh="训练报告：{program}"),
    "doctor.failed": Text(en="the program failed", zh="程序出错退出"),
    "doctor.errors": Text(en="to mend: {count}", zh="需要修正：{count}"),
    "doctor.warnings": Text(en="to look at: {count}", zh="值得留意：{count}"),
    "doctor.none": Text(en="Nothing was found.", zh="没有发现问题。"),
    "doctor.error": Text(en="The program failed", zh="程序出错"),
    "doctor.findings": Text(en="Findings", zh="发现的问题"),
    "doctor.is_error": Text(en="to mend", zh="需要修正"),
    "doctor.is_warning": Text(en="to look at", zh="值得留意"),
    "doctor.fix": Text(en="Fix", zh="改法"),
    "doctor.or": Text(en="or", zh="或"),
    "doctor.time": Text(en="time", zh="用时"),
    "doctor.steps": Text(en="steps", zh="更新步数"),
    "doctor.passes": Text(en="backward passes", zh="反向传播次数"),
    "doctor.parameters": Text(en="parameters", zh="参数个数"),
    "doctor.memory": Text(en="memory at its peak", zh="内存峰值"),
    "doctor.losses": Text(en="Loss", zh="损失"),
    "doctor.pass": Text(en="backward pass", zh="第几次反向传播"),
    "doctor.norms": Text(en="Gradient norms", zh="梯度范数"),
    "doctor.norms.note": Text(
        en="Norm of each parameter's gradient, as each step finds it. A line that falls to zero "
        "learns nothing; one that jumps wants a smaller step.",
        zh="每次更新时各个参数的梯度范数。降到零的曲线表示学不到东西；突然跳高的曲线需要更小的学习率。",
    ),
    "doctor.step": Text(en="step", zh="第几步"),
    "doctor.more": Text(en="{count} more", zh="另外 {count} 个"),
    "doctor.dead": Text(en="Dead units", zh="失活单元"),
    "doctor.dead.note": Text(
        en="Units whose activation had no slope for all samples of the latest passes: what is before "
        "them can't learn.",
        zh="在最近的各次前向计算中，这些单元的激活函数对所有样本都没有斜率，它们前面的权重学不到东西。",
    ),
    "doctor.of": Text(en="{count} of {all}", zh="{all} 个中有 {count} 个"),
    "doctor.by_line": Text(en="Time by source line", zh="各行源码的用时"),
    "doctor.by_op": Text(en="Time by operation", zh="各种运算的用时"),
    "doctor.time.note": Text(
        en="Measured while everything is being watched, so slower than usual: the proportions count. "
        "The time of a derivative counts for the line that computed the value.",
        zh="测量时一切都被记录，比平时慢：请看比例。求导的时间算在计算该值的那一行。",
    ),
    "doctor.forward": Text(en="forward", zh="前向"),
    "doctor.backward": Text(en="backward", zh="反向"),
    "doctor.total": Text(en="total", zh="合计"),
    "doctor.calls": Text(en="calls", zh="次数"),
    "doctor.models": Text(en="What was trained", zh="训练了什么"),
    "doctor.model": Text(
        en="`{name}` ({kind}): {count} parameters", zh="`{name}`（{kind}）：{count} 个参数"
    ),
    "doctor.tensors": Text(en="{count} tensors of parameters", zh="{count} 个参数张量"),
    "doctor.optimizer": Text(en="{name} changes {count} tensors", zh="{name} 更新 {count} 个张量"),
    "doctor.shared": Text(en="Tensors on the same memory", zh="共用内存的张量"),
    "doctor.page": Text(en="the same with pictures: {place}", zh="带图的报告：{place}"),
    # The kinds of mistakes, as headings
    "mistake.GradientsNotZeroed": Text(en="Gradients are never zeroed", zh="梯度没有清零"),
    "mistake.TargetShape": Text(en="The target has another shape", zh="目标与预测的形状不同"),
    "mistake.ParameterNotReached": Text(
        en="Parameters that no loss reaches", zh="有参数不影响任何损失"
    ),
    "mistake.ParameterNotOptimized": Text(
        en="Parameters that no optimizer holds", zh="有参数不在任何优化器里"
    ),
    "mistake.StepWithoutGradients": Text(en="A step without gradients", zh="更新时没有梯度"),
    "mistake.EvaluationInTrainingMode": Text(
        en="Evaluated in training mode", zh="在训练模式下做评估"
    ),
    "mistake.ProbabilitiesAsScores": Text(
        en="Probabilities in place of scores", zh="把概率当作得分"
    ),
    "mistake.GraphKept": Text(en="Memory grows at each step", zh="内存一步步增长"),
    "mistake.NotFinite": Text(en="Numbers that are inf or nan", zh="出现了 inf 或 nan"),
    "mistake.DivergingLoss": Text(en="The loss grows without end", zh="损失不断变大"),
}
