"""How functions refuse an `out=` of another dtype than their result's, in PyTorch's words.

Those that are named here want exactly the result's dtype, or what it casts to safely; all others
cast where `can_cast` allows. Loaded when the dtypes differ.
"""

from __future__ import annotations

from rushlight import dtypes

__all__ = ["in_place_refusal", "refuse_dtype"]

#: by message: the functions that want exactly the dtype of the result; {of} is that in C++'s words,
#: {into} that of `out`, {Of} and {Into} are PyTorch's titles of them
_EXACT = {
    "Expected out tensor to have dtype {of}, but got {into} instead": """
        gather index_add index_copy index_reduce scatter scatter_add scatter_reduce take_along_dim
        addmm addmv baddbmm bmm cross linalg_cross linalg_cholesky linalg_cholesky_ex linalg_det
        linalg_eigh linalg_eigvalsh linalg_inv linalg_inv_ex linalg_ldl_factor linalg_ldl_factor_ex
        linalg_ldl_solve linalg_lu linalg_lu_factor linalg_lu_factor_ex linalg_lu_solve linalg_qr
        linalg_slogdet linalg_solve linalg_solve_ex linalg_svd linalg_svdvals linalg_vector_norm
        lu_solve lu_unpack mm qr renorm svd triangular_solve log_softmax softmax linear avg_pool2d
        avg_pool3d aminmax max min sort topk argmax argmin isin norm vector_norm tril triu msort
        split_copy
        alias_copy as_strided_copy diagonal_copy expand_copy permute_copy slice_scatter squeeze_copy
        split_with_sizes_copy t_copy transpose_copy unbind_copy unfold_copy unsqueeze_copy view_copy
    """,
    "Found dtype {Into} but expected {Of}": """
        conj_physical abs bitwise_not ceil floor frac neg round sgn sign trunc gelu hardshrink
        softplus softshrink
    """,
    "dtype {Of} does not match dtype of out parameter ({Into})": """
        arange empty eye full linspace logspace ones zeros randn rand
    """,
    "expected scalar_type {Of} but found {Into}": "cummax cummin logcumsumexp",
    "{name} does not support non-boolean outputs.": "isneginf isposinf signbit",
    "result dtype {Into} does not match input dtype {Of}": "dot vdot matmul",
    "{function} expected out tensor dtype {Of} but got: {Into}": "linalg_matrix_norm linalg_norm",
    "Expected object of scalar type {Of} but got scalar type {Into} for argument 'out'": """
        complex polar
    """,
    "{name}(): self and result must have the same scalar type": "index_select masked_select",
    "expected scalar type {Of} but found {Into}": "linalg_solve_triangular log_sigmoid",
    "{name} only supports bool tensor for result, got: {Into}": "all any",
    "Expected the dtype for input and out to match, but got {Of} for input's dtype and {Into} for "
    "out's dtype.": "amax amin",
    "the output given to {name} has dtype {Into} but the operation's result requires dtype "
    "{Of}": "float_power",
    "{name} is not yet implemented for tensors with different dtypes.": "heaviside",
    "{name}: dtype of out: {Into} should be same as input: {Of}": "nan_to_num",
    "torch.frexp() expects mantissa to have dtype {of} but got {into}": "frexp",
    "{name}: Expected out tensor to have scalar type {Of} but got scalar type{Into}": "nonzero",
    "{name}(): self and out expected to have the same dtype, but got self.dtype = {Of} and "
    "out.dtype = {Into}": "take",
    "Expected out type to be {Of} but got {Into}": "where",
    "self and mat2 must have the same dtype, but got {Into} and {Of}": "addbmm",
    "tensordot: Expected the output tensor to have dtype {Of}, but got an output tensor with dtype "
    "{Into}": "inner tensordot",
    "multi_dot(): expected out tensor to have dtype {of} but got {into}": "linalg_multi_dot",
    "{function}: Expected out of dtype{Of} but found {Into}": "linalg_vecdot",
    "addmv input tensors must have the same dtype, but got {Into}, {Of}, and {Of}": "mv",
    "torch.{name}: Expected input and result to have the same dtype, but input has dtype{Of} and "
    "result has dtype {Into}": "ormqr",
    "{name} expects {Of} tensor out, got: {Into}": "multinomial",
    "quantile() out tensor must be same dtype as the input tensor": "quantile nanquantile",
    "Expected self.dtype() == output.dtype() to be true, but got false.  (Could this error message "
    "be improved?  If so, please report an enhancement request to PyTorch.)": "narrow_copy",
    "torch.searchsorted(): output tensor's dtype is wrong, it can only be Int(int32) or "
    "Long(int64) depending on whether out_int32 flag is True, but we got output tensor's dtype "
    "{Into} and out_int32 flag is {flag}": "bucketize searchsorted",
    "torch.histogram: input tensor and hist tensor should have the same dtype, but got input {of} "
    "and hist {into}": "histc",
    "output values must be of same type as input": "kthvalue",
    "expected scalar type '{Of}' but got '{Into}' for values output": "mode",
}  # fmt: skip
#: by message: the functions that cast safely only, in their own words
_CAST = {
    "{function}: Expected result to be safely castable from {Of} dtype, but got result with dtype "
    "{Into}": """
        cholesky cholesky_inverse cholesky_solve linalg_cond linalg_pinv matrix_power tensorinv
        tensorsolve
    """,
    "{name}: result type {Of} can't be cast to the desired output type {Of}": "mvlgamma",
    "torch.{function}: Expected result to be safely castable from {Of} dtype, but got result with "
    "dtype {Into}": "linalg_householder_product orgqr",
    "torch.{function}: Expected eigenvalues to be safely castable from {Of} dtype, but got "
    "eigenvalues with dtype {Into}": "linalg_eig linalg_eigvals",
    "torch.{function}: Expected solution to be safely castable from {Of} dtype, but got solution "
    "with dtype {Into}": "linalg_lstsq",
    "torch.{function}: Expected a to be safely castable from {Of} dtype, but got a with dtype "
    "{Into}": "geqrf",
    "ldexp can't be cast to the desired output type {Into}": "ldexp",
    "diag: result type {Of} can't be cast to the desired out= type {Into}": "diag",
    "logsumexp(): Expected floating point type for result tensor, but got: {Into}": "logsumexp",
    "mean.dtype_out(): input types can't be cast to the desired output type {Into}": "mean",
    "Expected canCast( typeMetaToScalarType(self.dtype()), typeMetaToScalarType(out.dtype())) to "
    "be true, but got false.  (Could this error message be improved?  If so, please report an "
    "enhancement request to PyTorch.)": "max_of_all min_of_all",
    "torch.cat(): input types can't be cast to the desired output type {Into}": """
        cat column_stack concat dstack hstack stack vstack
    """,
    "\"nansum_cpu\" not implemented for '{Into}'": "nansum nanmean",
    "\"normal_kernel_cpu\" not implemented for '{Into}'": "normal",
}  # fmt: skip


#: the in-place forms that refuse what they can't hold in their own words
_IN_PLACE = {
    "ldexp": "ldexp can't be cast to the desired output type {Into}",
    "mvlgamma": "mvlgamma: result type {Into} can't be cast to the desired output type {Of}",
    "float_power": "the base given to float_power_ has dtype {Into} but the operation's result "
    "requires dtype {Of}",
}


def in_place_refusal(name, of, into):
    """What is said of a result of dtype `of` that a tensor of dtype `into` can't hold."""
    words = _IN_PLACE.get(name, "result type {Of} can't be cast to the desired output type {Into}")
    return words.format(Of=of.title, Into=into.title)


def _by_name(table):
    return {name: message for message, names in table.items() for name in names.split()}


_exact, _cast = _by_name(_EXACT), _by_name(_CAST)
_OTHER_ERRORS = {"torch.cat": TypeError, '"': NotImplementedError}


def refuse_dtype(name, of, into):
    """Raise if the function `name` doesn't write a result of dtype `of` into one of `into`."""
    message = _exact.get(name)
    if name in ("all", "any") and into is dtypes.uint8:
        return
    if message is None:
        if dtypes.can_cast(of, into):
            return
        message = _cast.get(
            name, "result type {Of} can't be cast to the desired output type {Into}"
        )
    text = message.format(
        name=name,
        function=name.replace("linalg_", "linalg."),
        of=dtypes.c_name(of),
        into=dtypes.c_name(into),
        Of=of.title,
        Into=into.title,
        flag=of is dtypes.int32,
    )
    kinds = [kind for start, kind in _OTHER_ERRORS.items() if text.startswith(start)]
    raise (kinds[0] if kinds else RuntimeError)(text)
