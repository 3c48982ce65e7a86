"""Optional files that are made here from several public ones: all checked, none loaded twice."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from loopback import CONTENT, Server

from mienkit.assets.catalogue import ASSETS, Asset
from mienkit.assets.fetch import fetch_asset, find_asset, require_asset
from mienkit.assets.recipe import Recipe, SourceFile
from mienkit.core.errors import AssetError

SOURCES = {"LICENSE": b"do what you like\n", "mesh/one.obj": CONTENT[:300_000], "mesh/two.obj": CONTENT[300_000:]}
MADE = b"".join(SOURCES.values())
PACKED = b"the same, packed"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def join(places: Mapping[str, Path], target: Path) -> None:
    target.write_bytes(b"".join(path.read_bytes() for path in places.values()))


@pytest.fixture
def listed(server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Asset:
    """List a file that is made from three of the server's."""
    server.files = {f"/{path}": content for path, content in SOURCES.items()}
    entry = Asset(
        name="made",
        filename="made.bin",
        size=len(MADE),
        sha256=digest(MADE),
        licence="MIT",
        what="a trial",
        origin="this test, converted",
        recipe=Recipe(
            repository="the test's repository",
            address=f"http://127.0.0.1:{server.port}/",
            sources=tuple(
                SourceFile(path=path, size=len(content), sha256=digest(content)) for path, content in SOURCES.items()
            ),
            make=join,
        ),
        packings={digest(PACKED): len(PACKED)},
    )
    monkeypatch.setitem(ASSETS, "made", entry)
    return entry


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Lay the sources out as a clone of their repository."""
    for path, content in {**SOURCES, "mesh/three.obj": b"not asked for"}.items():
        (tmp_path / "clone" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "clone" / path).write_bytes(content)
    return tmp_path / "clone"


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_file_is_made_from_all_its_sources_and_nothing_else_stays(
    listed: Asset, server: Server, folder: Path
) -> None:
    steps: list[tuple[int, int]] = []
    path = fetch_asset("made", progress=lambda there, size: steps.append((there, size)))
    assert path.read_bytes() == MADE
    assert files_in(folder) == {"made.bin"}
    assert server.paths == ["/LICENSE", "/mesh/one.obj", "/mesh/two.obj"]
    assert [there for there, _ in steps] == sorted(there for there, _ in steps)
    assert steps[-1] == (len(MADE), len(MADE))
    assert fetch_asset("made") == path
    assert len(server.paths) == 3


def test_a_connection_cut_in_a_source_goes_on_there(listed: Asset, server: Server) -> None:
    server.cuts = [len(CONTENT), 100_000]
    assert fetch_asset("made").read_bytes() == MADE
    assert server.paths == ["/LICENSE", "/mesh/one.obj", "/mesh/one.obj", "/mesh/two.obj"]
    assert server.asked == [None, None, "bytes=100000-", None]


def test_a_call_stopped_between_sources_goes_on_with_the_next(listed: Asset, server: Server, folder: Path) -> None:
    def stop(there: int, size: int) -> None:
        if "/mesh/one.obj" in server.paths:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_asset("made", progress=stop)
    assert find_asset("made") is None
    assert "made.bin.sources/LICENSE" in files_in(folder)
    server.paths.clear()
    assert fetch_asset("made").read_bytes() == MADE
    assert server.paths[-1] == "/mesh/two.obj"
    assert "/LICENSE" not in server.paths
    assert files_in(folder) == {"made.bin"}


def test_a_server_that_refuses_one_source_is_quoted_and_the_others_are_kept(
    listed: Asset, server: Server, folder: Path
) -> None:
    server.refused = {"/mesh/two.obj": 404}
    with pytest.raises(
        AssetError, match=r"two\.obj answers 404 .*clone the test's repository and run `mien fetch made --from FOLDER`"
    ):
        fetch_asset("made")
    assert files_in(folder) == {"made.bin.sources/LICENSE", "made.bin.sources/mesh/one.obj"}
    server.refused.clear()
    server.paths.clear()
    assert fetch_asset("made").read_bytes() == MADE
    assert server.paths == ["/mesh/two.obj"]


def test_a_wrong_source_is_refused_and_nothing_is_made(listed: Asset, server: Server, folder: Path) -> None:
    server.files["/mesh/one.obj"] = bytes(300_000)
    with pytest.raises(AssetError, match=r"is not mesh/one\.obj: its SHA-256 differs"):
        fetch_asset("made")
    assert files_in(folder) == {"made.bin.sources/LICENSE"}


def test_a_source_that_was_damaged_meanwhile_is_loaded_again(listed: Asset, server: Server, folder: Path) -> None:
    kept = folder / "made.bin.sources" / "LICENSE"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"x" * len(SOURCES["LICENSE"]))
    assert fetch_asset("made").read_bytes() == MADE


def test_a_clone_is_enough_and_stays_as_it_is(listed: Asset, server: Server, folder: Path, clone: Path) -> None:
    before = files_in(clone)
    assert fetch_asset("made", clone).read_bytes() == MADE
    assert files_in(clone) == before
    assert files_in(folder) == {"made.bin"}
    assert server.paths == []


def test_a_folder_that_is_no_such_clone_is_refused(listed: Asset, folder: Path, clone: Path) -> None:
    (clone / "mesh" / "two.obj").write_bytes(SOURCES["mesh/two.obj"] + b"\r\n")
    with pytest.raises(AssetError, match=r"two\.obj is not the file of the test's repository: its SHA-256 differs"):
        fetch_asset("made", clone)
    (clone / "mesh" / "one.obj").unlink()
    with pytest.raises(AssetError, match=r"holds no mesh/one\.obj; name a clone of the test's repository"):
        fetch_asset("made", clone)
    assert files_in(folder) == set()


@pytest.mark.parametrize("content", [MADE, PACKED])
def test_the_made_file_itself_may_be_given_however_it_is_packed(
    content: bytes, listed: Asset, server: Server, tmp_path: Path
) -> None:
    (tmp_path / "copy").write_bytes(content)
    path = fetch_asset("made", tmp_path / "copy")
    assert path.read_bytes() == content
    assert require_asset("made") == fetch_asset("made") == path
    assert server.paths == []


def test_another_file_or_none_is_refused(listed: Asset, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(MADE[::-1])
    with pytest.raises(AssetError, match=r"other is not made\.bin: its SHA-256 differs"):
        fetch_asset("made", tmp_path / "other")
    with pytest.raises(
        AssetError, match=r"no file is at .*gone; name a copy of made\.bin, or of the test's repository"
    ):
        fetch_asset("made", tmp_path / "gone")
    assert files_in(folder) == set()


def test_a_file_that_came_out_otherwise_is_not_kept(
    listed: Asset, folder: Path, clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert listed.recipe is not None
    spoilt = replace(listed.recipe, make=lambda places, target: target.write_bytes(b"spoilt"))
    monkeypatch.setitem(ASSETS, "made", replace(listed, recipe=spoilt))
    with pytest.raises(AssetError, match=r"what was made from the test's repository is not made\.bin"):
        fetch_asset("made", clone)
    assert files_in(folder) == set()
