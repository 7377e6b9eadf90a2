"""XXH3-64 with seed 0, written from the published algorithm; for tests, where speed does not matter.

SPDX-License-Identifier: Apache-2.0
"""
import struct

M64 = (1 << 64) - 1
PRIME32 = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D)
PRIME64 = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63,
           0x27D4EB2F165667C5)
MX1, MX2 = 0x165667919E3779F9, 0x9FB21C651E98DF25

# The default secret, a constant of the algorithm.
SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
    "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
    "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
    "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e"
    "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e")


def _r64(data, at):
    return struct.unpack_from("<Q", data, at)[0]


def _r32(data, at):
    return struct.unpack_from("<I", data, at)[0]


def _fold(a, b):
    product = a * b
    return (product & M64) ^ (product >> 64)


def _mix16(data, at, secret_at):
    return _fold(_r64(data, at) ^ _r64(SECRET, secret_at),
                 _r64(data, at + 8) ^ _r64(SECRET, secret_at + 8))


def _avalanche(h):
    h ^= h >> 37
    h = h * MX1 & M64
    return h ^ h >> 32


def _avalanche64(h):
    h ^= h >> 33
    h = h * PRIME64[1] & M64
    h ^= h >> 29
    h = h * PRIME64[2] & M64
    return h ^ h >> 32


def _rotate(h, by):
    return (h << by | h >> 64 - by) & M64


def _short(data, n):
    if n > 8:
        low = _r64(data, 0) ^ _r64(SECRET, 24) ^ _r64(SECRET, 32)
        high = _r64(data, n - 8) ^ _r64(SECRET, 40) ^ _r64(SECRET, 48)
        swapped = int.from_bytes(low.to_bytes(8, "little"), "big")
        return _avalanche(n + swapped + high + _fold(low, high) & M64)
    if n > 3:
        both = _r32(data, n - 4) + (_r32(data, 0) << 32)
        h = both ^ _r64(SECRET, 8) ^ _r64(SECRET, 16)
        h ^= _rotate(h, 49) ^ _rotate(h, 24)
        h = h * MX2 & M64
        h ^= (h >> 35) + n
        h = h * MX2 & M64
        return h ^ h >> 28
    if n > 0:
        combined = data[0] << 16 | data[n >> 1] << 24 | data[n - 1] | n << 8
        return _avalanche64(combined ^ _r32(SECRET, 0) ^ _r32(SECRET, 4))
    return _avalanche64(_r64(SECRET, 56) ^ _r64(SECRET, 64))


def _middle(data, n):
    acc = n * PRIME64[0]
    if n <= 128:
        for pair in range((n - 1) // 32, -1, -1):
            acc += _mix16(data, 16 * pair, 32 * pair)
            acc += _mix16(data, n - 16 * pair - 16, 32 * pair + 16)
        return _avalanche(acc & M64)
    for i in range(8):
        acc += _mix16(data, 16 * i, 16 * i)
    acc = _avalanche(acc & M64)
    for i in range(8, n // 16):
        acc += _mix16(data, 16 * i, 16 * (i - 8) + 3)
    acc += _mix16(data, n - 16, 136 - 17)
    return _avalanche(acc & M64)


_KEYS = [struct.unpack_from("<8Q", SECRET, 8 * i) for i in range(17)]
_LAST_KEY = struct.unpack_from("<8Q", SECRET, 192 - 64 - 7)


def _accumulate(acc, words, keys):
    for i in range(8):
        mixed = words[i] ^ keys[i]
        acc[i ^ 1] = acc[i ^ 1] + words[i] & M64
        acc[i] = acc[i] + (mixed & 0xFFFFFFFF) * (mixed >> 32) & M64


def _long(data, n):
    acc = [PRIME32[2], *PRIME64[:4], PRIME32[1], PRIME64[4], PRIME32[0]]
    for stripe in range((n - 1) // 64):
        _accumulate(acc, struct.unpack_from("<8Q", data, 64 * stripe), _KEYS[stripe % 16])
        if stripe % 16 == 15:
            for i in range(8):
                acc[i] = ((acc[i] ^ acc[i] >> 47) ^ _KEYS[16][i]) * PRIME32[0] & M64
    _accumulate(acc, struct.unpack_from("<8Q", data, n - 64), _LAST_KEY)
    h = n * PRIME64[0]
    for i in range(4):
        h += _fold(acc[2 * i] ^ _r64(SECRET, 11 + 16 * i), acc[2 * i + 1] ^ _r64(SECRET, 19 + 16 * i))
    return _avalanche(h & M64)


def xxh3(data):
    n = len(data)
    return _short(data, n) if n <= 16 else _middle(data, n) if n <= 240 else _long(data, n)
