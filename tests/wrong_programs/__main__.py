"""Run the programs and show what is said; without arguments, record it (see the package)."""

import contextlib
import io
import linecache
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

HERE = Path(__file__).parent
DOCUMENT = HERE.parent.parent / "docs" / "errors.md"
#: heading -> programs, in the order in which the document has them
GROUPS = {
    "A loss without history": """
        loss_from_detached_prediction loss_from_numbers loss_from_classes loss_from_comparison
        loss_under_no_grad recording_switched_off policy_without_recording training_under_no_grad frozen_model nothing_to_learn model_left_out
        leaf_lost_under_no_grad""",
    "Gradients that are missing": """
        leaf_lost_by_assignment gradient_of_result computed_leaf vector_loss unused_in_grad""",
    "A second backward pass": """
        backward_twice two_losses_one_graph hidden_state_kept lstm_state_kept hidden_state_in_model running_loss_kept
        fake_images_reused constant_before_loop""",
    "Changes in place": """
        overwritten_in_place overwritten_by_index step_between_forward_and_backward
        leaf_changed_in_place weights_scaled_in_place numpy_of_prediction""",
    "Shapes": """
        features_do_not_fit_layer convolution_into_linear matrices_the_wrong_way_round
        matrix_times_vector bias_for_other_size bias_of_channels images_channels_last images_without_channel table_in_place_of_image
        grey_image_for_colour_model image_too_small attention_of_other_size batch_of_one rows_of_other_length_joined
        vector_joined_to_matrix samples_of_unequal_length view_of_wrong_size
        view_after_transpose""",
    "Types of elements": """
        numpy_data_in_model numpy_image_in_convolution double_sequence_in_lstm integers_times_floats integers_require_grad
        integers_divided_in_place mean_of_integers array_in_place_of_tensor
        lists_of_unequal_length labels_as_text""",
    "Targets and indices": """
        class_out_of_range one_hot_labels labels_in_a_column classes_in_last_dimension float_labels
        binary_targets_of_other_shape integer_targets_for_bce scores_as_probabilities
        batch_lost_in_view word_not_in_embedding float_index_for_embedding index_past_the_end
        sum_over_missing_dimension several_numbers_as_one condition_on_tensor
        loss_class_called_with_tensors""",
    "Models and their files": """
        saved_from_parallel_model layer_renamed_since_saving whole_checkpoint_loaded
        super_init_forgotten forward_misspelt forward_without_return lstm_output_as_tensor
        layer_not_kept layers_in_plain_list model_in_place_of_parameters model_on_gpu""",
    "Names and arguments": """
        misspelt_function misspelt_layer misspelt_method numpy_method_on_tensor wrong_keyword
        wrong_keyword_of_layer missing_argument""",
}
PROGRAMS = [name for names in GROUPS.values() for name in names.split()]


def error_of(name, compiled, explained):
    """`Type: text` of the error with which a program ends, and its notes."""
    filename = f"{name}.py"
    source = (HERE / filename).read_text()
    linecache.cache[filename] = len(source), None, source.splitlines(True), filename
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            exec(compiled(source, filename), {"__name__": "__main__"})
        except Exception as error:
            explained(error)
            notes = "".join(f"\n{note}" for note in getattr(error, "__notes__", ()))
            return f"{type(error).__name__}: {error}{notes}"
    raise AssertionError(f"{name} does not fail")


def say_all(library):
    """Print what a library says of all programs."""
    if library == "torch":
        import torch

        compiled, explained = (lambda s, f: compile(s, f, "exec")), (lambda error: None)
    else:
        from rushlight import explain
        from rushlight.explain.display import explain as explained
        from rushlight.runner import alias, marks

        explain.strict = True
        alias.install()
        if library == "rushlight":
            marks.install()
        import torch

        compiled = marks.compiled  # marked as by `rushlight run`; or not, as by `--fast`
    for name in PROGRAMS:
        torch.manual_seed(0), torch.set_grad_enabled(True)
        print(f"### {name}\n{error_of(name, compiled, explained)}")


def said_by(library, language="en"):
    """What `say_all` prints, in a process of its own."""
    command = [sys.executable, "-m", "tests.wrong_programs", library]
    environment = {**os.environ, "RUSHLIGHT_LANG": language, "PYTHONIOENCODING": "utf-8"}
    root = HERE.parent.parent
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    return done.stdout.decode()


def sections(text):
    """name -> what was said."""
    parts = re.split(r"(?m)^### ", text)[1:]
    return {name: body.strip("\n") for name, _, body in (part.partition("\n") for part in parts)}


def recorded(which):
    """The text of `torch.txt`, `en.txt`, `zh.txt`."""
    return (HERE / f"{which}.txt").read_text(encoding="utf-8")


def document():
    """The text of `docs/errors.md`."""
    torch, english, chinese = (sections(recorded(w)) for w in ("torch", "en", "zh"))
    lines = [INTRODUCTION]
    for heading, names in GROUPS.items():
        lines.append(f"## {heading}\n")
        for name in names.split():
            source = (HERE / f"{name}.py").read_text().strip()
            lines.append(f"### {name.replace('_', ' ').capitalize()}\n")
            lines.append(f"```py\n{source}\n```\n")
            lines.append(f"PyTorch:\n\n```text\n{torch[name]}\n```\n")
            for said in (english, chinese):
                first, _, explanation = said[name].partition("\n\n")
                lines.append(f"```text\n{explanation}\n```\n")
    return "\n".join(lines)


INTRODUCTION = f"""\
# What errors say

{len(PROGRAMS)} small wrong programs, of the kind that public questions are about. Below each: what
PyTorch 2.13 says of it, and what Rushlight says below those words, in English and in Chinese. The
programs are in `tests/wrong_programs/`; they run as by `rushlight run`, and the tests compare all of
this. `RUSHLIGHT_LANG=zh|en|off` chooses the language; by default it is the locale's. The texts below
PyTorch's words are `error.explanation`; `str(error)` doesn't have them, tracebacks show them.
`python -m tests.wrong_programs` writes this page.
"""


def record():
    """Record what is said, and write the document."""
    import importlib.util

    if importlib.util.find_spec("torch") is not None:
        (HERE / "torch.txt").write_text(said_by("torch"), encoding="utf-8")
    for language in ("en", "zh"):
        (HERE / f"{language}.txt").write_text(said_by("rushlight", language), encoding="utf-8")
    DOCUMENT.write_text(document(), encoding="utf-8")


if __name__ == "__main__":
    say_all(sys.argv[1]) if len(sys.argv) > 1 else record()
