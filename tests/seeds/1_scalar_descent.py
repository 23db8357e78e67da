import torch

# 定义参数,requires_grad默认为false
w = torch.tensor(10, requires_grad=True, dtype=torch.float32)

# 定义损失函数
loss = w ** 2 + 20
print(f'梯度函数类型:{type(loss.grad_fn)}')
print(f'权重初始值w:{w}, loss:{loss}')

for i in range(0, 10):
    # 计算损失
    loss = w ** 2 + 20

    # 梯度清零 w.grad.zero_(), 默认梯度会累加
    # 至此(第一次的时候),还没有计算梯度, 所以w.grad = Node,要做非空判断
    if w.grad is not None:
        w.grad.zero_()
    
    # 反向传播,计算梯度,梯度 = 损失函数的倒数,计算完毕后,会记录到w.grad属性中
    # loss是一个标量,若非标量可通过loss.sum().backward()来保证loss是1个标量
    loss.backward()  
    
    # 更新参数
    # .data 返回一个与原始张量共享相同数据存储的新张量,但不共享计算历史和梯度信息。
    # w.data = w.data - w.grad * 0.01
    # 不推荐使用data,推荐使用以下
    # 注意:w = w - 0.01 * w.grad 错误,因为当你执行 w = w - 0.01 * w.grad 时,
    # 实际上创建了一个新的张量,这个新张量不再需要梯度(因为在 torch.no_grad() 上下文中创建),所以后续的循环迭代中无法计算梯度。
    with torch.no_grad():
        w -= 0.01 * w.grad # 使用 -= 进行原地更新
    
    print(f'第{i}次,更新后的权重w:{w}, loss:{loss}')
