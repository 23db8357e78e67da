"""A Program as machine code: instructions fused into loops, loops written as LLVM's text."""
