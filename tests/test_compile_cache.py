"""Machine code on disk: kept, found again, and never trusted."""

import os

from rushlight.compile.native.cache import Cache, folder


def refuse():
    raise AssertionError("made again")


def test_code_is_found_again(tmp_path):
    assert Cache(tmp_path / "new").get("k", lambda: b"code") == b"code"
    assert Cache(tmp_path / "new").get("k", refuse) == b"code"
    assert Cache(tmp_path / "new").get("other", lambda: b"else") == b"else"


def test_damaged_files_are_replaced(tmp_path):
    cache = Cache(tmp_path)
    cache.get("k", lambda: b"code" * 100)
    (file,) = tmp_path.iterdir()
    for damage in (b"", b"short", file.read_bytes()[:-1], file.read_bytes()[:-1] + b"x"):
        file.write_bytes(damage)
        assert cache.get("k", lambda: b"code" * 100) == b"code" * 100
        assert cache.get("k", refuse) == b"code" * 100


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert Cache(blocked / "below").get("k", lambda: b"code") == b"code"
    assert Cache(None).get("k", lambda: b"code") == b"code"


def test_the_folder_stays_small_and_keeps_what_is_used(tmp_path):
    cache = Cache(tmp_path, limit=2500)
    for i, name in enumerate("abcd"):
        cache.get(name, lambda: bytes(1000))
        for file in tmp_path.iterdir():
            if file.stat().st_mtime > 1000:
                os.utime(file, (i, i))
    left = sum(file.stat().st_size for file in tmp_path.iterdir())
    assert 1000 < left <= 2500
    assert cache.get("d", refuse) == bytes(1000)


def test_folder_is_named_by_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("RUSHLIGHT_CACHE_DIR", str(tmp_path))
    assert folder() == str(tmp_path)
    monkeypatch.setenv("RUSHLIGHT_CACHE_DIR", "")
    assert folder() is None
    monkeypatch.delenv("RUSHLIGHT_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert folder() == str(tmp_path / "rushlight")
