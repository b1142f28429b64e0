"""Asks the reference implementation of PDQ about the pictures of a folder: see tests/core/pdq.rs.

The package `pdqhash` binds the C++ reference; ours is written after the same publication, in Rust.
"""

import json
import pathlib
import re
import sys

import numpy
import pdqhash

golden = {}
for file in sorted(pathlib.Path(sys.argv[1]).glob("*.rgb")):
    width, height = map(int, re.search(r"-(\d+)x(\d+)$", file.stem).groups())
    pixels = numpy.frombuffer(file.read_bytes(), dtype=numpy.uint8).reshape(height, width, 3)
    bits, quality = pdqhash.compute(pixels)
    golden[file.stem] = {"hash": numpy.packbits(bits.astype(numpy.uint8)).tobytes().hex(), "quality": int(quality)}

path = pathlib.Path(__file__).parent.parent / "tests" / "golden" / "pdq.json"
path.write_text(json.dumps(golden, indent=1) + "\n")
print(f"{len(golden)} pictures")
