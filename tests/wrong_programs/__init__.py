"""Small wrong programs, of the kind that public questions are about, and what is said of them.

What PyTorch says is recorded in `torch.txt`, Rushlight's explanations in `en.txt` and `zh.txt`;
`docs/errors.md` shows them side by side. To make all of them anew: `python -m tests.wrong_programs`
(the first part is left as it is where PyTorch isn't installed).
"""
