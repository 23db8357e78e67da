"""The report of `rushlight doctor`."""

from rushlight.explain.catalogue.common import Text

TEXTS = {
    "doctor.title": Text(en="Training report: {program}", zh="训练报告：{program}"),
    "doctor.error": Text(en="The program failed", zh="程序出错"),
    "doctor.findings": Text(en="Findings", zh="发现的问题"),
    "doctor.none": Text(en="Nothing was found.", zh="没有发现问题。"),
    "doctor.models": Text(en="What was trained", zh="训练了什么"),
    "doctor.model": Text(en="{name}: {count} parameters", zh="{name}：{count} 个参数"),
    "doctor.optimizer": Text(
        en="{name}, for {count} tensors of parameters", zh="{name}，负责 {count} 个参数张量"
    ),
    "doctor.losses": Text(en="Loss", zh="损失"),
    "doctor.norms": Text(en="Norms of gradients, over time", zh="梯度范数随时间的变化"),
    "doctor.dead": Text(en="Dead units (zero for all samples)", zh="失活单元（对所有样本都是零）"),
    "doctor.shared": Text(en="Tensors on the same memory", zh="共用内存的张量"),
    "doctor.by_op": Text(en="Time by operation", zh="各运算的耗时"),
    "doctor.by_line": Text(en="Time by source line", zh="各源码行的耗时"),
    "doctor.whole": Text(en="Whole run, memory at its peak", zh="总耗时与内存峰值"),
    "doctor.memory": Text(en="memory at its peak", zh="内存峰值"),
}
