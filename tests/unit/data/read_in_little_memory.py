"""Stream a table of 131 MB once with 80 MB more memory than an idle process has, then fail to hold it all."""

import resource
import sys
from pathlib import Path

import pyarrow as pa

from mienkit.data.stream import RowStream
from mienkit.data.table import open_table

ROOM = 80 * 2**20


def main(folder: Path) -> None:
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    table = open_table(folder)
    stream = RowStream(table.shards, ["image", "source_id"], seed=0, buffer=256)
    used = 1024 * int(
        next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmData" in line).split()[1]
    )
    resource.setrlimit(resource.RLIMIT_DATA, (used + ROOM, used + ROOM))
    seen = set()
    for number, (batch, _) in enumerate(stream.batches(64), 1):
        seen.update(batch["source_id"].to_pylist())
        if number * 64 >= len(stream):
            break
    sys.stdout.write(f"streamed {len(seen)}\n")
    try:
        table.read(["image"])
    except (MemoryError, pa.ArrowMemoryError, OSError):
        sys.stdout.write("refused\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
