#!/usr/bin/env python3
# Prints the polynomial coefficients of runtime/kernels/*-inl.h: minimax fits by Remez exchange in 60
# digits, then rounded to the kernels' own precision. For kernel developers; needs mpmath.
# SPDX-License-Identifier: Apache-2.0
import sys

from mpmath import atanh, erf, erfc, exp, expm1, floor, frexp, ldexp, log, log1p, lu_solve, matrix, mp, mpf, pi, sqrt, tanh

mp.dps = 60


def remez(f, low, high, degree, weight):
    """Coefficients c[0..degree] that minimise the largest |weight(x) (f(x) - sum c[i] x^i)|."""
    count = degree + 2
    middle, half = (high + low) / 2, (high - low) / 2
    points = [middle - half * mp.cos(pi * i / (count - 1)) for i in range(count)]
    grid = [middle - half * mp.cos(pi * i / 1200) for i in range(1201)]
    values = [(x, f(x), weight(x)) for x in grid]
    for _ in range(12):
        system = matrix(count, count)
        right = matrix(count, 1)
        for row, x in enumerate(points):
            for column in range(degree + 1):
                system[row, column] = x**column
            system[row, degree + 1] = (-1) ** row / weight(x)
            right[row] = f(x)
        solution = lu_solve(system, right)
        coefficients = [solution[i] for i in range(degree + 1)]
        errors = [w * (y - mp.polyval(coefficients[::-1], x)) for x, y, w in values]
        extremes = []
        for i, e in enumerate(errors):
            if extremes and (errors[extremes[-1]] > 0) == (e > 0):
                if abs(e) > abs(errors[extremes[-1]]):
                    extremes[-1] = i
            else:
                extremes.append(i)
        while len(extremes) > count:
            extremes.pop(0 if abs(errors[extremes[0]]) < abs(errors[extremes[-1]]) else -1)
        if len(extremes) < count:
            break
        points = [grid[i] for i in extremes]
    return coefficients, max(abs(e) for e in errors)


def rounded(value, bits):
    mantissa, exponent = frexp(value)
    return ldexp(floor(mantissa * 2**bits + mpf(1) / 2), exponent - bits)


def show(name, f, low, high, degree, weight, bits=24):
    coefficients, error = remez(f, mpf(low), mpf(high), degree, weight)
    print(f"{name}: degree {degree} on [{low}, {high}], weighted error {mp.nstr(error, 3)}")
    for power, c in enumerate(coefficients):
        number = rounded(c, bits)
        text = repr(float(number)) if bits == 53 else mp.nstr(number, 9) + "f"
        rest = f" + {float(c - number)!r}" if bits == 53 and power < 2 else ""
        print(f"  c{power} = {text}{rest}")


def at_zero(limit, f):
    return lambda x: limit if abs(x) < mpf(10) ** -25 else f(x)


def mills(a):
    """Phi(-a) e^(a^2/2)."""
    return erfc(a / sqrt(2)) * exp(a * a / 2) / 2


def mills_share(u):
    """Phi(-a) e^(a^2/2) / t for t = u + 1/2 = 4 / (4 + a)."""
    t = u + mpf(1) / 2
    return mills(4 / t - 4) / t


def log_rest(z):
    """(2 atanh(s) - 2s) / (s z) for z = s^2."""
    s = sqrt(z)
    return (2 * atanh(s) - 2 * s) / (s * z)


LN2 = log(2)
T_SCALE = mpf(2)  # t = T_SCALE / (T_SCALE + a)

FITS = {
    "expm1": lambda: show("(e^r - 1 - r) / r^2 in r",
                          at_zero(mpf(1) / 2, lambda r: (expm1(r) - r) / r**2),
                          -0.347, 0.347, 4, lambda r: r**2 / exp(r) + mpf("1e-4")),
    "log": lambda: show("(log(1+f) - f + f^2/2) / f^3 in f",
                        at_zero(mpf(1) / 3, lambda f: (log1p(f) - f + f * f / 2) / f**3),
                        -0.2929, 0.4143, 8, lambda f: f**2 + mpf("1e-4")),
    "atanh": lambda: show("(atanh(s)/s - 1) / s^2 in s^2",
                          at_zero(mpf(1) / 3, lambda z: (atanh(sqrt(z)) / sqrt(z) - 1) / z),
                          0, 0.1112, 4, lambda z: z + mpf("0.001")),
    "tanh": lambda: show("(tanh(x)/x - 1) / x^2 in x^2",
                         at_zero(-mpf(1) / 3, lambda z: (tanh(sqrt(z)) / sqrt(z) - 1) / z),
                         0, 0.3907, 5, lambda z: z + mpf("0.001")),
    "erf": lambda: show("erf(x)/x - 1 in x^2",
                        at_zero(2 / sqrt(pi) - 1, lambda z: erf(sqrt(z)) / sqrt(z) - 1),
                        0, 1.0, 6, lambda z: 1),
    "mills": lambda: show("Phi(-a) e^(a^2/2) in t = 2 / (2 + a)",
                          lambda t: mills(T_SCALE / t - T_SCALE),
                          T_SCALE / (T_SCALE + mpf("14.5")), 1, 10,
                          lambda t: 1 / mills(T_SCALE / t - T_SCALE)),
    "log2": lambda: show("log2((1+s)/(1-s)) / s in s^2",
                         at_zero(2 / LN2, lambda z: 2 * atanh(sqrt(z)) / LN2 / sqrt(z)),
                         0, 0.02945, 6, lambda z: 1, 53),
    "f64_expm1": lambda: show("(e^r - 1 - r) / r^2 in r",
                              at_zero(mpf(1) / 2, lambda r: (expm1(r) - r) / r**2),
                              -0.3467, 0.3467, 10, lambda r: abs(r) + mpf("0.003"), 53),
    "f64_log": lambda: show("(2 atanh(s) - 2s) / s^3 in s^2", at_zero(mpf(2) / 3, log_rest),
                            0, 0.02945, 6, lambda z: z + mpf("1e-4"), 53),
    "f64_log_fifth": lambda: show("(2 atanh(s) - 2s - 2/3 s^3) / s^5 in s^2",
                                  at_zero(mpf(2) / 5, lambda z: (log_rest(z) - mpf(2) / 3) / z),
                                  "1e-7", 0.02945, 7, lambda z: 1, 53),
    "f64_atanh": lambda: show("(atanh(s)/s - 1) / s^2 in s^2",
                              at_zero(mpf(1) / 3, lambda z: (atanh(sqrt(z)) / sqrt(z) - 1) / z),
                              0, 0.1112, 9, lambda z: z + mpf("0.001"), 53),
    "f64_tanh": lambda: show("(tanh(x)/x - 1) / x^2 in x^2",
                             at_zero(-mpf(1) / 3, lambda z: (tanh(sqrt(z)) / sqrt(z) - 1) / z),
                             0, 0.3907, 10, lambda z: z + mpf("0.001"), 53),
    "f64_erf": lambda: show("erf(x)/x - 1 in x^2",
                            at_zero(2 / sqrt(pi) - 1, lambda z: erf(sqrt(z)) / sqrt(z) - 1),
                            0, 1.0, 11, lambda z: 1, 53),
    "f64_normal": lambda: show("(Phi(x) - 1/2) / x in x^2",
                               at_zero(1 / sqrt(2 * pi), lambda z: erf(sqrt(z / 2)) / 2 / sqrt(z)),
                               0, 0.2501, 7, lambda z: 1, 53),
    "f64_mills": lambda: show("Phi(-a) e^(a^2/2) / t in u = t - 1/2 for t = 4 / (4 + a)", mills_share,
                              mpf(4) / 43 - mpf(1) / 2, mpf(4) / mpf("4.499") - mpf(1) / 2, 21,
                              lambda u: 1 / mills_share(u), 53),
    "exp2": lambda: show("2^r in r", lambda r: exp(r * LN2), -0.5, 0.5, 9, lambda r: 1, 53),
}

if __name__ == "__main__":
    for name in sys.argv[1:] or FITS:
        FITS[name]()
