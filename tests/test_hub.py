"""torch.hub: downloads, from file: addresses."""

import pytest

import rushlight as rl
from rushlight import hub


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "net-0123.pth"
    rl.save({"weight": rl.arange(3)}, path)
    return path


def test_a_file_is_downloaded_once(saved, tmp_path):
    folder = tmp_path / "models"
    for _ in range(2):
        state = hub.load_state_dict_from_url(saved.as_uri(), model_dir=folder)
        assert state["weight"].tolist() == [0, 1, 2]
        saved.unlink(missing_ok=True)
    assert [path.name for path in folder.iterdir()] == ["net-0123.pth"]


def test_a_wrong_hash_leaves_no_file(saved, tmp_path):
    folder = tmp_path / "models"
    with pytest.raises(RuntimeError, match=r'invalid hash value \(expected "0123", got "'):
        hub.load_state_dict_from_url(saved.as_uri(), model_dir=folder, check_hash=True)
    assert list(folder.iterdir()) == []


def test_the_directory_is_pytorchs(monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert hub.get_dir() == str(tmp_path / "hub")


def test_code_of_repositories_is_not_run():
    with pytest.raises(
        RuntimeError, match=r"^torch.hub.load fetches and runs .* of pytorch/vision"
    ):
        hub.load("pytorch/vision", "resnet18")
