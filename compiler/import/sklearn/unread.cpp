// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/unread.h"

#include <algorithm>
#include <array>

namespace mle::compiler::sklearn {
namespace {

constexpr std::array kUnread = {
    Unread{"AdaBoostClassifier", "boosted ensembles"},
    Unread{"AdaBoostRegressor", "boosted ensembles"},
    Unread{"AdditiveChi2Sampler", "kernels"},
    Unread{"AffinityPropagation", "clustering"},
    Unread{"AgglomerativeClustering", "clustering"},
    Unread{"BayesianGaussianMixture", "mixtures"},
    Unread{"Birch", "clustering"},
    Unread{"BisectingKMeans", "clustering"},
    Unread{"ClassicalMDS", "manifolds"},
    Unread{"CountVectorizer", "texts as features"},
    Unread{"DBSCAN", "clustering"},
    Unread{"DecisionTreeClassifier", "decision trees"},
    Unread{"DecisionTreeRegressor", "decision trees"},
    Unread{"DictVectorizer", "texts as features"},
    Unread{"DictionaryLearning", "decompositions that are solved for each row"},
    Unread{"EllipticEnvelope", "covariances"},
    Unread{"EmpiricalCovariance", "covariances"},
    Unread{"ExtraTreeClassifier", "decision trees"},
    Unread{"ExtraTreeRegressor", "decision trees"},
    Unread{"ExtraTreesClassifier", "decision trees"},
    Unread{"ExtraTreesRegressor", "decision trees"},
    Unread{"FeatureHasher", "texts as features"},
    Unread{"GaussianMixture", "mixtures"},
    Unread{"GaussianProcessClassifier", "Gaussian processes"},
    Unread{"GaussianProcessRegressor", "Gaussian processes"},
    Unread{"GradientBoostingClassifier", "decision trees"},
    Unread{"GradientBoostingRegressor", "decision trees"},
    Unread{"GraphicalLasso", "covariances"},
    Unread{"GraphicalLassoCV", "covariances"},
    Unread{"HDBSCAN", "clustering"},
    Unread{"HashingVectorizer", "texts as features"},
    Unread{"HistGradientBoostingClassifier", "decision trees"},
    Unread{"HistGradientBoostingRegressor", "decision trees"},
    Unread{"IsolationForest", "decision trees"},
    Unread{"Isomap", "manifolds"},
    Unread{"KMeans", "clustering"},
    Unread{"KNeighborsClassifier", "nearest neighbours"},
    Unread{"KNeighborsRegressor", "nearest neighbours"},
    Unread{"KNeighborsTransformer", "nearest neighbours"},
    Unread{"KernelCenterer", "kernels"},
    Unread{"KernelDensity", "nearest neighbours"},
    Unread{"KernelPCA", "kernels"},
    Unread{"LabelBinarizer", "encoders of targets"},
    Unread{"LabelEncoder", "encoders of targets"},
    Unread{"LabelPropagation", "nearest neighbours"},
    Unread{"LabelSpreading", "nearest neighbours"},
    Unread{"LatentDirichletAllocation", "decompositions that are solved for each row"},
    Unread{"LedoitWolf", "covariances"},
    Unread{"LocalOutlierFactor", "nearest neighbours"},
    Unread{"LocallyLinearEmbedding", "manifolds"},
    Unread{"MDS", "manifolds"},
    Unread{"MeanShift", "clustering"},
    Unread{"MinCovDet", "covariances"},
    Unread{"MiniBatchDictionaryLearning", "decompositions that are solved for each row"},
    Unread{"MiniBatchKMeans", "clustering"},
    Unread{"MiniBatchNMF", "decompositions that are solved for each row"},
    Unread{"MiniBatchSparsePCA", "decompositions that are solved for each row"},
    Unread{"MultiLabelBinarizer", "encoders of targets"},
    Unread{"NMF", "decompositions that are solved for each row"},
    Unread{"NearestNeighbors", "nearest neighbours"},
    Unread{"Nystroem", "kernels"},
    Unread{"OAS", "covariances"},
    Unread{"OPTICS", "clustering"},
    Unread{"PatchExtractor", "images"},
    Unread{"PolynomialCountSketch", "kernels"},
    Unread{"RadiusNeighborsClassifier", "nearest neighbours"},
    Unread{"RadiusNeighborsRegressor", "nearest neighbours"},
    Unread{"RadiusNeighborsTransformer", "nearest neighbours"},
    Unread{"RandomForestClassifier", "decision trees"},
    Unread{"RandomForestRegressor", "decision trees"},
    Unread{"RandomTreesEmbedding", "decision trees"},
    Unread{"ShrunkCovariance", "covariances"},
    Unread{"SkewedChi2Sampler", "kernels"},
    Unread{"SparseCoder", "decompositions that are solved for each row"},
    Unread{"SparsePCA", "decompositions that are solved for each row"},
    Unread{"SpectralBiclustering", "clustering"},
    Unread{"SpectralClustering", "clustering"},
    Unread{"SpectralCoclustering", "clustering"},
    Unread{"SpectralEmbedding", "manifolds"},
    Unread{"TSNE", "manifolds"},
    Unread{"TfidfTransformer", "texts as features"},
    Unread{"TfidfVectorizer", "texts as features"},
};

constexpr bool by_name(const Unread& a, const Unread& b) { return a.name < b.name; }
static_assert(std::is_sorted(kUnread.begin(), kUnread.end(), by_name));

}  // namespace

std::span<const Unread> unread_estimators() { return kUnread; }

const Unread* find_unread(std::string_view name) {
  const auto found = std::lower_bound(kUnread.begin(), kUnread.end(), Unread{name, {}}, by_name);
  return found == kUnread.end() || found->name != name ? nullptr : &*found;
}

}  // namespace mle::compiler::sklearn
