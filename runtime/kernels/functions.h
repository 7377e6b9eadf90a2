// The functions that models rarely use, one number at a time: trigonometric and hyperbolic ones and
// their inverses, log(1 + x) and e^x - 1. Additions, products, quotients and square roots of f64
// alone, each rounded by itself: the same bits on every machine. Within 2 ulp of f64; rounded to
// f32, the nearest f32 but for a few in a million, which are the next one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace mle::kernels {

double sine(double x) noexcept;
double cosine(double x) noexcept;
double tangent(double x) noexcept;
double arc_sine(double x) noexcept;
double arc_cosine(double x) noexcept;
double arc_tangent(double x) noexcept;
double hyperbolic_sine(double x) noexcept;
double hyperbolic_cosine(double x) noexcept;
double area_sine(double x) noexcept;
double area_cosine(double x) noexcept;
double area_tangent(double x) noexcept;
double log_of_1_plus(double x) noexcept;
double exp_minus_1(double x) noexcept;

}  // namespace mle::kernels
