"""Optional files: found in the user's folders, brought there checked, whole or not at all."""

import errno
import hashlib
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from loopback import CONTENT, Server

from mienkit.assets.catalogue import ASSETS, Asset
from mienkit.assets.fetch import asset_folders, fetch_asset, find_asset, require_asset
from mienkit.core.errors import AssetError, OutputError, UnknownNameError


@pytest.fixture
def listed(server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Asset:
    """List a file of the server's in the catalogue."""
    entry = Asset(
        name="trial",
        filename="trial.bin",
        size=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        licence="CC0-1.0",
        what="a trial",
        origin="this test",
        address=f"http://127.0.0.1:{server.port}/trial.bin",
    )
    monkeypatch.setitem(ASSETS, "trial", entry)
    return entry


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_every_entry_of_the_catalogue_is_complete() -> None:
    for name, entry in ASSETS.items():
        assert entry.name == name
        assert len(entry.sha256) == 64
        assert entry.size > 0
        assert entry.licence in ("Apache-2.0", "MIT")
        for address in (entry.address, entry.recipe and entry.recipe.address):
            assert address is None or address.startswith("https://")


def test_the_catalogue_describes_the_files_at_hand(shared_models: Path, shared_data: Path) -> None:
    for entry in ASSETS.values():
        path = next(
            place / entry.filename for place in (shared_models, shared_data) if (place / entry.filename).is_file()
        )
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert path.stat().st_size == {entry.sha256: entry.size, **entry.packings}[digest]


def test_the_folders_are_those_of_the_variable_in_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIENKIT_ASSETS", "/a::~/b")
    assert asset_folders() == [Path("/a"), Path.home() / "b"]


def test_without_the_variable_it_is_the_users_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MIENKIT_ASSETS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert asset_folders() == [Path("/cache/mienkit")]
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert asset_folders() == [Path.home() / ".cache" / "mienkit"]


def test_a_file_is_found_in_any_of_the_folders(tmp_path: Path, listed: Asset, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "second").mkdir()
    (tmp_path / "second" / "trial.bin").write_bytes(CONTENT)
    monkeypatch.setenv("MIENKIT_ASSETS", f"{tmp_path / 'first'}:{tmp_path / 'second'}")
    assert find_asset("trial") == tmp_path / "second" / "trial.bin"


def test_a_missing_file_names_the_command(folder: Path) -> None:
    assert find_asset("mediapipe") is None
    with pytest.raises(AssetError, match="mien fetch mediapipe"):
        require_asset("mediapipe")


def test_a_file_of_the_wrong_size_is_not_used(folder: Path) -> None:
    folder.mkdir()
    (folder / "face_landmarker.task").write_bytes(b"half")
    with pytest.raises(AssetError, match="4 bytes instead of 3758596"):
        require_asset("mediapipe")


def test_an_unknown_name_is_answered_with_those_that_exist() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'mediapipe'"):
        fetch_asset("mediapip")


def test_a_download_arrives_whole_and_reports_progress(listed: Asset, folder: Path) -> None:
    steps: list[tuple[int, int]] = []
    path = fetch_asset("trial", progress=lambda there, size: steps.append((there, size)))
    assert path == folder / "trial.bin"
    assert path.read_bytes() == CONTENT
    assert names(folder) == ["trial.bin"]
    assert steps[-1] == (len(CONTENT), len(CONTENT))


def test_what_is_there_already_is_not_loaded_again(listed: Asset, server: Server) -> None:
    assert fetch_asset("trial") == fetch_asset("trial")
    assert len(server.asked) == 1


def test_a_damaged_file_is_replaced(listed: Asset, folder: Path) -> None:
    folder.mkdir()
    (folder / "trial.bin").write_bytes(b"\0" * len(CONTENT))
    assert fetch_asset("trial").read_bytes() == CONTENT


def test_another_file_than_the_catalogues_is_refused(listed: Asset, server: Server, folder: Path) -> None:
    server.content = bytes(reversed(CONTENT))
    with pytest.raises(AssetError, match=r"is not trial\.bin: its SHA-256 differs; .*--from FILE"):
        fetch_asset("trial")
    assert names(folder) == []


def test_a_longer_file_is_refused_without_being_loaded_whole(listed: Asset, server: Server, folder: Path) -> None:
    server.content = b"x" + CONTENT * 3
    with pytest.raises(AssetError, match="SHA-256 differs"):
        fetch_asset("trial")
    assert names(folder) == []


def test_a_cut_connection_goes_on_where_it_stopped(listed: Asset, server: Server) -> None:
    server.cuts = [300_000]
    assert fetch_asset("trial").read_bytes() == CONTENT
    assert server.asked == [None, "bytes=300000-"]


def test_a_connection_that_keeps_breaking_is_gone_on_with_next_time(
    listed: Asset, server: Server, folder: Path
) -> None:
    server.cuts = [100_000, 0, 50_000, 0]
    with pytest.raises(AssetError, match=r"broke at 150000 of 700000 bytes.*run the same command again"):
        fetch_asset("trial")
    assert names(folder) == ["trial.bin.part"]
    assert find_asset("trial") is None
    assert fetch_asset("trial").read_bytes() == CONTENT
    assert server.asked[-1] == "bytes=150000-"
    assert names(folder) == ["trial.bin"]


def test_a_server_that_sends_no_parts_starts_again(listed: Asset, server: Server) -> None:
    server.cuts, server.ranges = [300_000], False
    assert fetch_asset("trial").read_bytes() == CONTENT


def test_a_damaged_beginning_does_not_spoil_the_next_attempt(listed: Asset, folder: Path) -> None:
    folder.mkdir()
    (folder / "trial.bin.part").write_bytes(b"\0" * 1000)
    with pytest.raises(AssetError, match="SHA-256 differs"):
        fetch_asset("trial")
    assert fetch_asset("trial").read_bytes() == CONTENT


def test_a_finished_part_is_used_without_a_connection(listed: Asset, server: Server, folder: Path) -> None:
    folder.mkdir()
    (folder / "trial.bin.part").write_bytes(CONTENT)
    assert fetch_asset("trial").read_bytes() == CONTENT
    assert server.asked == []


def test_a_wrong_finished_part_is_thrown_away(listed: Asset, folder: Path) -> None:
    folder.mkdir()
    (folder / "trial.bin.part").write_bytes(b"\0" * len(CONTENT))
    assert fetch_asset("trial").read_bytes() == CONTENT


def test_a_refusing_server_is_quoted(listed: Asset, server: Server, folder: Path) -> None:
    server.status = 404
    with pytest.raises(AssetError, match="answers 404"):
        fetch_asset("trial")
    assert names(folder) == []


def test_a_busy_server_is_asked_again_later(listed: Asset, server: Server, folder: Path) -> None:
    server.cuts = [100_000, 0, 0, 0]
    with pytest.raises(AssetError, match="run the same command again"):
        fetch_asset("trial")
    server.status = 503
    with pytest.raises(AssetError, match=r"answers 503 .*; run the same command again later"):
        fetch_asset("trial")
    assert (folder / "trial.bin.part").stat().st_size == 100_000
    server.status = 200
    assert fetch_asset("trial").read_bytes() == CONTENT
    assert server.asked[-1] == "bytes=100000-"


def test_a_full_disk_is_not_taken_for_a_broken_connection(
    listed: Asset, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("mienkit.assets.download._receive", full)
    with pytest.raises(OutputError, match=r"cannot write .*trial\.bin: No space left on device; set MIENKIT_ASSETS"):
        fetch_asset("trial")


def test_no_server_at_all_says_so(listed: Asset, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    address = f"http://127.0.0.1:{nobody.server_port}/trial.bin"
    nobody.server_close()
    monkeypatch.setitem(ASSETS, "trial", replace(listed, address=address))
    with pytest.raises(AssetError, match="broke at 0 of 700000 bytes"):
        fetch_asset("trial")


def test_a_file_given_by_hand_is_copied_without_a_connection(
    listed: Asset, server: Server, folder: Path, tmp_path: Path
) -> None:
    source = tmp_path / "anything.dat"
    source.write_bytes(CONTENT)
    assert fetch_asset("trial", source).read_bytes() == CONTENT
    assert source.exists()
    assert names(folder) == ["trial.bin"]
    assert server.asked == []


def test_a_wrong_file_given_by_hand_is_refused(listed: Asset, folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "anything.dat"
    source.write_bytes(CONTENT[:-1])
    with pytest.raises(AssetError, match="its SHA-256 differs"):
        fetch_asset("trial", source)
    assert names(folder) == []


def test_a_missing_file_given_by_hand_is_named(listed: Asset, tmp_path: Path) -> None:
    with pytest.raises(AssetError, match=r"no file is at .*gone\.dat"):
        fetch_asset("trial", tmp_path / "gone.dat")


def test_a_file_without_an_address_must_come_by_hand(folder: Path) -> None:
    with pytest.raises(AssetError, match="mien fetch mobileface --from FILE"):
        fetch_asset("mobileface")


def test_a_folder_that_cannot_be_written_is_an_output_error(
    listed: Asset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MIENKIT_ASSETS", str(tmp_path / "file"))
    with pytest.raises(OutputError, match="set MIENKIT_ASSETS to another folder"):
        fetch_asset("trial")
