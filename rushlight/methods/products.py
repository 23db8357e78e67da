"""Products of vectors, matrices and stacks of them."""

from __future__ import annotations

ops = None


class Products:
    """Products of vectors, matrices and stacks of them."""

    __slots__ = ()

    def det(self):
        """The determinant of square matrices."""
        return ops.det(self)

    def logdet(self):
        """The logarithm of the determinant."""
        return ops.logdet(self)

    def slogdet(self):
        """The sign of the determinant, and the logarithm of its absolute value."""
        return ops.slogdet(self)

    def inverse(self):
        """The inverse of square matrices."""
        return ops.inverse(self)

    def pinverse(self, rcond=1e-15):
        """The pseudoinverse."""
        return ops.pinverse(self, rcond)

    def cholesky(self, upper=False):
        """The Cholesky factor."""
        return ops.cholesky(self, upper)

    def cholesky_solve(self, input2, upper=False):
        """X of A X = self, by the Cholesky factor of A."""
        return ops.cholesky_solve(self, input2, upper)

    def cholesky_inverse(self, upper=False):
        """The inverse of A, by its Cholesky factor."""
        return ops.cholesky_inverse(self, upper)

    def qr(self, some=True):
        """The QR factorization."""
        return ops.qr(self, some)

    def svd(self, some=True, compute_uv=True):
        """The singular value decomposition."""
        return ops.svd(self, some, compute_uv)

    def triangular_solve(self, A, upper=True, transpose=False, unitriangular=False):
        """X of A X = self, for triangular A."""
        return ops.triangular_solve(self, A, upper, transpose, unitriangular)

    def trace(self):
        """The sum of the diagonal."""
        return ops.trace(self)

    def matrix_power(self, n):
        """The product of n copies of square matrices."""
        return ops.matrix_power(self, n)

    def matrix_exp(self):
        """The exponential of square matrices."""
        return ops.matrix_exp(self)

    def cross(self, other, dim=None):
        """The cross products of vectors of length 3."""
        return ops.cross(self, other, dim)

    def dist(self, other, p=2):
        """The norm of the difference."""
        return ops.dist(self, other, p)

    def matmul(self, other):
        """The matrix product."""
        return ops.matmul(self, other)

    def mm(self, mat2):
        """The product of two matrices."""
        return ops.mm(self, mat2)

    def mv(self, vec):
        """The product of a matrix and a vector."""
        return ops.mv(self, vec)

    def bmm(self, mat2):
        """The products of stacked matrices."""
        return ops.bmm(self, mat2)

    def dot(self, tensor):
        """The product of two vectors."""
        return ops.dot(self, tensor)

    def vdot(self, other):
        """The product of two vectors, the first conjugated."""
        return ops.vdot(self, other)

    def outer(self, vec2):
        """All products of the elements of two vectors."""
        return ops.outer(self, vec2)

    def ger(self, vec2):
        """All products of the elements of two vectors."""
        return ops.ger(self, vec2)

    def inner(self, other):
        """The product of the last dimensions."""
        return ops.inner(self, other)

    def kron(self, other):
        """The Kronecker product."""
        return ops.kron(self, other)

    def addmm(self, mat1, mat2, *, beta=1, alpha=1):
        """`beta * self + alpha * (mat1 @ mat2)`."""
        return ops.addmm(self, mat1, mat2, beta=beta, alpha=alpha)

    def addmm_(self, mat1, mat2, *, beta=1, alpha=1):
        """`addmm` in place."""
        return ops.in_place(ops.addmm, self, mat1, mat2, beta=beta, alpha=alpha)

    def addmv(self, mat, vec, *, beta=1, alpha=1):
        """`beta * self + alpha * (mat @ vec)`."""
        return ops.addmv(self, mat, vec, beta=beta, alpha=alpha)

    def addmv_(self, mat, vec, *, beta=1, alpha=1):
        """`addmv` in place."""
        return ops.in_place(ops.addmv, self, mat, vec, beta=beta, alpha=alpha)

    def addr(self, vec1, vec2, *, beta=1, alpha=1):
        """`beta * self + alpha * outer(vec1, vec2)`."""
        return ops.addr(self, vec1, vec2, beta=beta, alpha=alpha)

    def addr_(self, vec1, vec2, *, beta=1, alpha=1):
        """`addr` in place."""
        return ops.in_place(ops.addr, self, vec1, vec2, beta=beta, alpha=alpha)

    def addbmm(self, batch1, batch2, *, beta=1, alpha=1):
        """`beta * self + alpha * sum of batch1[i] @ batch2[i]`."""
        return ops.addbmm(self, batch1, batch2, beta=beta, alpha=alpha)

    def addbmm_(self, batch1, batch2, *, beta=1, alpha=1):
        """`addbmm` in place."""
        return ops.in_place(ops.addbmm, self, batch1, batch2, beta=beta, alpha=alpha)

    def baddbmm(self, batch1, batch2, *, beta=1, alpha=1):
        """`beta * self + alpha * (batch1 @ batch2)`."""
        return ops.baddbmm(self, batch1, batch2, beta=beta, alpha=alpha)

    def baddbmm_(self, batch1, batch2, *, beta=1, alpha=1):
        """`baddbmm` in place."""
        return ops.in_place(ops.baddbmm, self, batch1, batch2, beta=beta, alpha=alpha)
