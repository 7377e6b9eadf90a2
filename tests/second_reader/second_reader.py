"""A second reader of .mle files: header, directory, gaps and sums, from docs/format.md alone.

For tests only. What a program says is beyond it; read_regions() answers 0 where all it knows is
right, else the number of the first rule that is broken.

SPDX-License-Identifier: Apache-2.0
"""
import struct

from xxh3 import xxh3

HEADER, ENTRY = struct.Struct("<8sHHIQQQQQQII32s16sQ"), struct.Struct("<4sIQQQI28s32s")
MAGIC = b"\x89MLE\r\n\x1a\n"
KNOWN_FEATURES = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 3 | 1 << 7 | 1 << 8 | 1 << 9
MAX_SEGMENTS, MAX_GAP, MAX_ALIGN, ALIGN = 64, 65536, 65536, 64
MAX_PROGRAM = 16 << 20
ALWAYS_SUMMED = 32 << 10


def _gap_is_wrong(data, end, begin):
    return begin - end >= MAX_GAP or any(data[end:begin])


def _inside(offset, size, total):
    return offset + size <= total


def read_regions(data, everything=False):
    if len(data) < HEADER.size:
        return 1
    (magic, major, _minor, header_size, file_size, required, _optional, at, size, program_sum,
     count, entry_size, _sha, reserved, header_sum) = HEADER.unpack_from(data)
    if magic != MAGIC:
        return 2
    if major != 1:
        return 3
    if header_size != HEADER.size or entry_size != ENTRY.size:
        return 4
    if file_size != len(data):
        return 5
    if required & ~KNOWN_FEATURES:
        return 6
    if any(reserved):
        return 7
    end = HEADER.size + count * ENTRY.size
    if count > MAX_SEGMENTS or end > len(data):
        return 8
    if xxh3(data[:120] + data[HEADER.size:end]) != header_sum:
        return 9
    if not _inside(at, size, len(data)):
        return 10
    if at < end or at % ALIGN or size < 16:
        return 11
    if size > MAX_PROGRAM:
        return 18
    if _gap_is_wrong(data, end, at):
        return 13
    end = at + size
    segments = []
    for i in range(count):
        kind, flags, offset, length, total, align, rest, _sha = ENTRY.unpack_from(
            data, HEADER.size + i * ENTRY.size)
        if not _inside(offset, length, len(data)):
            return 10
        power = align != 0 and align & align - 1 == 0
        if not power or not ALIGN <= align <= MAX_ALIGN or offset % align or offset < end:
            return 12
        if flags or any(rest):
            return 15
        if kind != b"WGTS" and not b"a" <= kind[:1] <= b"z":
            return 16
        if _gap_is_wrong(data, end, offset):
            return 13
        end = offset + length
        segments.append((data[offset:end], total))
    if end != len(data):
        return 14
    if xxh3(data[at:at + size]) != program_sum:
        return 17
    for content, total in segments:
        if (everything or len(content) <= ALWAYS_SUMMED) and xxh3(content) != total:
            return 17
    return 0
