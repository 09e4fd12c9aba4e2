// The authors' network for MNIST, as their program has it in PyTorch: the beginning of a Python program.
#pragma once
#include <string>

namespace tools_test {

inline const std::string torch_lenet = R"(
import torch, torch.nn as nn, torch.nn.functional as F
class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 5, bias=False, padding=2)
        self.bn1 = nn.BatchNorm2d(8, eps=1e-04, affine=False)
        self.conv2 = nn.Conv2d(8, 4, 5, bias=False, padding=2)
        self.bn2 = nn.BatchNorm2d(4, eps=1e-04, affine=False)
        self.fc1 = nn.Linear(4 * 7 * 7, 32, bias=False)
    def forward(self, x):
        x = F.max_pool2d(F.leaky_relu(self.bn1(self.conv1(x))), 2, 2)
        x = F.max_pool2d(F.leaky_relu(self.bn2(self.conv2(x))), 2, 2)
        return self.fc1(x.view(x.size(0), -1))
)";

}  // namespace tools_test
