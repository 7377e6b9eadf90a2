// Couple: pairs of classes to classes, against what libsvm answers with scikit-learn.
// SPDX-License-Identifier: Apache-2.0
#include "tests/runtime/networks.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

namespace mle::testing {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

template <class T>
std::vector<T> coupled(std::vector<T> x, uint32_t classes, std::string_view isa = {},
                       uint32_t lines = 1) {
  TinyModel m;
  const uint16_t from = m.add_input("x", {lines, classes * (classes - 1) / 2});
  const uint16_t to = m.add_output("y", {lines, classes});
  m.tensor(from).dtype = m.tensor(to).dtype = static_cast<fb::DType>(In(x).dtype());
  m.add_op(fb::OpKind::Couple, {from}, to);
  m.add_entry("predict_proba", {from}, {to});
  const Model model = load(m, isa);
  Session session = Session::make(model).or_exit();
  std::vector<T> y(x.size() * 2 / (classes - 1));
  const Status status = session.run({In(x)}, {Out(y)});
  REQUIRE_MESSAGE(status.ok(), status.message());
  return y;
}

void check_near(const std::vector<double>& ours, const std::vector<double>& theirs) {
  REQUIRE(ours.size() == theirs.size());
  for (size_t i = 0; i < ours.size(); ++i) {
    CAPTURE(i);
    CHECK(std::abs(ours[i] - theirs[i]) <= 1e-15);
  }
}

// Of five classes, and what SVC.predict_proba says of that row.
const std::vector<double> kPairs = {0.621727582825877,   0.12676931183302867, 0.9439558944973228,
                                    0.5578222910895729,  0.2717671969939267,  0.8981253428602081,
                                    0.44918656597747963, 0.9999822445214172,  0.7349926544896077,
                                    0.02919354624463882};
const std::vector<double> kFive = {0.1315375294843505, 0.1523381126008268, 0.534554845634717,
                                   0.009088012172327239, 0.17248150010777857};

TEST_CASE("steps: Couple gives the probabilities that libsvm gives") {
  check_near(coupled<double>({0.00685160775460369, 0.9902813213138764}, 2),
             {0.006851314142576632, 0.9931486858574236, 0.9901905655176579, 0.009809434482342214});
  check_near(coupled<double>({0.36740170911386566, 0.999718483274925, 0.9620307188545332,
                              0.9999446945279286, 0.021948119300495506, 0.028879538094259437},
                             3),
             {0.36342381460281903, 0.6245215763877996, 0.012054609009381287, 0.022404814107550873,
              0.01404230034061202, 0.963552885551837});
  check_near(coupled<double>(kPairs, 5), kFive);
}

TEST_CASE("steps: Couple has the same bits on every table, and beside other lines") {
  std::vector<double> twice = kPairs;
  twice.insert(twice.end(), kPairs.begin(), kPairs.end());
  const std::vector<double> alone = coupled<double>(kPairs, 5);
  for (const std::string_view isa : fused_tables()) {
    CHECK(coupled<double>(kPairs, 5, isa) == alone);
    const std::vector<double> both = coupled<double>(twice, 5, isa, 2);
    CHECK(std::vector<double>(both.begin() + 5, both.end()) == alone);
  }
}

TEST_CASE("steps: Couple of f32 counts in f64") {
  const std::vector<float> pairs(kPairs.begin(), kPairs.end());
  const std::vector<double> exact = coupled<double>({pairs.begin(), pairs.end()}, 5);
  const std::vector<float> y = coupled<float>(pairs, 5);
  for (size_t i = 0; i < y.size(); ++i) CHECK(y[i] == static_cast<float>(exact[i]));
}

TEST_CASE("steps: Couple ends with whatever pairs, and NaN makes NaN of its row alone") {
  const std::vector<double> y = coupled<double>({0.5, kNaN, 0.5, 0.5, 0.5, 0.5}, 3);
  for (size_t i = 0; i < 3; ++i) CHECK(std::isnan(y[i]));
  check_near({y.begin() + 3, y.end()}, {1.0 / 3, 1.0 / 3, 1.0 / 3});
  constexpr double kInf = std::numeric_limits<double>::infinity();
  for (const double odd : {0.0, 1.0, -7.0, 1e300, kInf, -kInf})
    CHECK(coupled<double>({odd, odd, odd, 1 - odd, odd, 0.5}, 4).size() == 4);
}

}  // namespace
}  // namespace mle::testing
