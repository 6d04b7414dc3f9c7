"""Ed25519 in plain arithmetic (RFC 8032, section 5.1): for edge cases that no library makes.

It is slow and leaks its secrets: for tests alone.
"""

from __future__ import annotations

import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)

Point = tuple[int, int]
ZERO: Point = (0, 1)


def add(one: Point, other: Point) -> Point:
    """Return the sum of two points."""
    (x, y), (u, v) = one, other
    product = D * x * u * y * v % P
    return (
        (x * v + u * y) * pow(1 + product, P - 2, P) % P,
        (y * v + x * u) * pow(1 - product, P - 2, P) % P,
    )


def times(factor: int, point: Point) -> Point:
    """Return a point added to itself `factor` times, dividing only at the end."""
    x, y, z = 0, 1, 1
    u, v, w = *point, 1
    while factor:
        if factor & 1:
            x, y, z = _add((x, y, z), (u, v, w))
        u, v, w = _add((u, v, w), (u, v, w))
        factor >>= 1
    inverse = pow(z, P - 2, P)
    return x * inverse % P, y * inverse % P


def _add(one: tuple[int, int, int], other: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return the sum of two points (x/z, y/z)."""
    (x, y, z), (u, v, w) = one, other
    a = z * w % P
    b, c, e = a * a % P, x * u % P, y * v % P
    f = D * c * e % P
    g, h = b - f, b + f
    return (a * g * (x * v + y * u) % P, a * h * (e + c) % P, g * h % P)


def encoded(point: Point) -> bytes:
    """Return the canonical encoding of a point."""
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, "little")


def x_of(y: int, sign: int) -> int | None:
    """Return the x of a point, or None where none has this y."""
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P:
        return None
    return P - x if x & 1 != sign else x


def decoded(data: bytes) -> Point | None:
    """Return the point of an encoding, also of one that is not canonical."""
    number = int.from_bytes(data, "little")
    y = (number & (1 << 255) - 1) % P
    x = x_of(y, number >> 255)
    return None if x is None else (x % P, y)


_BASE_Y = 4 * pow(5, P - 2, P) % P
BASE: Point = (x_of(_BASE_Y, 0) or 0, _BASE_Y)


def challenge(r: bytes, a: bytes, message: bytes) -> int:
    """Return H(R ‖ A ‖ M) as a scalar."""
    return int.from_bytes(hashlib.sha512(r + a + message).digest(), "little") % L


def order_eight() -> Point:
    """Return a point of order eight."""
    y = 2
    while True:
        x = x_of(y, 0)
        if x is not None:
            point = times(L, (x, y))
            if times(4, point) != ZERO:
                return point
        y += 1


def holds(key: bytes, signature: bytes, message: bytes, *, is_cofactored: bool) -> bool:
    """Whether the equation holds, with or without the cofactor; nothing else is looked at."""
    a, r = decoded(key), decoded(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None:
        return False
    k = challenge(signature[:32], key, message)
    left, right = times(s, BASE), add(r, times(k, a))
    if is_cofactored:
        left, right = times(8, left), times(8, right)
    return left == right
