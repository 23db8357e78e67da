"""Functions of rare use, whose modules are loaded when they are first called."""

from __future__ import annotations

ops = None


class Rare:
    """Functions of rare use, whose modules are loaded when they are first called."""

    __slots__ = ()

    def stft(
        self,
        n_fft,
        hop_length=None,
        win_length=None,
        window=None,
        center=True,
        pad_mode="reflect",
        normalized=False,
        onesided=None,
        return_complex=None,
        align_to_window=None,
    ):
        """The short-time Fourier transform."""
        return ops.stft(
            self,
            n_fft,
            hop_length,
            win_length,
            window,
            center,
            pad_mode,
            normalized,
            onesided,
            return_complex,
            align_to_window,
        )

    def istft(
        self,
        n_fft,
        hop_length=None,
        win_length=None,
        window=None,
        center=True,
        normalized=False,
        onesided=None,
        length=None,
        return_complex=False,
    ):
        """The signal whose `stft` is nearest to this."""
        return ops.istft(
            self,
            n_fft,
            hop_length,
            win_length,
            window,
            center,
            normalized,
            onesided,
            length,
            return_complex,
        )

    def cov(self, *, correction=1, fweights=None, aweights=None):
        """The covariances of the rows."""
        return ops.cov(self, correction=correction, fweights=fweights, aweights=aweights)

    def corrcoef(self):
        """The correlation coefficients of the rows."""
        return ops.corrcoef(self)

    def renorm(self, p, dim, maxnorm):
        """The parts along a dimension, scaled down to norms of at most `maxnorm`."""
        return ops.renorm(self, p, dim, maxnorm)

    def renorm_(self, p, dim, maxnorm):
        """`renorm` in place."""
        # of a copy, as the derivative needs the numbers that are overwritten
        return ops.in_place(lambda x: ops.renorm(x.clone(), p, dim, maxnorm), self)

    def histogram(self, bins, *, range=None, weight=None, density=False):
        """Counts of the elements in bins, and the bins' edges."""
        return ops.histogram(self, bins, range=range, weight=weight, density=density)

    def hash_tensor(self, dim=(), *, keepdim=False, mode=0):
        """The exclusive or of the bits of the elements."""
        return ops.hash_tensor(self, dim, keepdim=keepdim, mode=mode)

    def geqrf(self):
        """The QR factorization, Q as Householder reflectors."""
        return ops.geqrf(self)

    def orgqr(self, input2):
        """The product of Householder reflectors."""
        return ops.orgqr(self, input2)

    def ormqr(self, input2, input3, left=True, transpose=False):
        """The product of Householder reflectors, times a matrix."""
        return ops.ormqr(self, input2, input3, left, transpose)

    def lu(self, pivot=True, get_infos=False):
        """The LU factorization, both factors in one matrix, and its pivots."""
        return tuple(ops.lu(self, pivot, get_infos))

    def lu_solve(self, LU_data, LU_pivots):
        """X of A X = self, by the LU factorization of A."""
        return ops.lu_solve(self, LU_data, LU_pivots)
