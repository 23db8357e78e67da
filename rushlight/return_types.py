"""The classes of named results, by the functions that return them: `torch.return_types.max`, ...

>>> import rushlight as torch
>>> isinstance(torch.zeros(2).max(0), torch.return_types.max)
True
"""

from __future__ import annotations

from rushlight.ops.return_types import named

#: functions, and the names of their results
_FIELDS = {
    "aminmax aminmax_out": "min max",
    "cummax cummin kthvalue kthvalue_out max median min mode nanmedian sort topk": "values indices",
    "frexp": "mantissa exponent",
    "geqrf": "a tau",
    "histogram histogramdd": "hist bin_edges",
    "linalg_cholesky_ex": "L info",
    "linalg_eig linalg_eigh": "eigenvalues eigenvectors",
    "linalg_inv_ex": "inverse info",
    "linalg_ldl_factor": "LD pivots",
    "linalg_ldl_factor_ex": "LD pivots info",
    "linalg_lstsq": "solution residuals rank singular_values",
    "linalg_lu lu_unpack": "P L U",
    "linalg_lu_factor": "LU pivots",
    "linalg_lu_factor_ex": "LU pivots info",
    "linalg_qr qr": "Q R",
    "linalg_slogdet slogdet": "sign logabsdet",
    "linalg_solve_ex": "result info",
    "linalg_svd": "U S Vh",
    "svd": "U S V",
    "triangular_solve": "solution cloned_coefficient",
}

for _names, _fields in _FIELDS.items():
    for _name in _names.split():
        globals()[_name] = named(_name, *_fields.split())

__all__ = " ".join(_FIELDS).split()
