#include "tools/options/published_settings.h"

#include <algorithm>
#include <filesystem>

#include "datasets/catalog.h"
#include "datasets/file_kind.h"
#include "datasets/image_folder.h"

namespace tools {
namespace {

using datasets::Preprocessing;

std::string network_for(const std::string& method, DataKind kind) {
  const bool spheres = method == "multi-sphere", joint = method == "dasvdd";
  switch (kind) {
    case DataKind::digits:
      return joint ? "dasvdd_mnist" : spheres ? "multi_sphere_mnist" : "mnist_LeNet";
    case DataKind::colour_images:
      return joint ? "dasvdd_cifar10" : spheres ? "multi_sphere_cifar10" : "cifar10_LeNet";
    case DataKind::signs:
      return joint ? "dasvdd_cifar10" : spheres ? "multi_sphere_cifar10" : "gtsrb_LeNet";
    case DataKind::motion:
      return joint ? "dasvdd_speech" : "multi_sphere_mobifall";
    case DataKind::table:
      break;
  }
  return joint ? "dasvdd_pima" : "mlp";
}

datasets::PreprocessingOptions preprocessing_for(const std::string& method, DataKind kind, bool own) {
  datasets::PreprocessingOptions p;
  const bool own_table = own && kind == DataKind::table;
  if (method == "dasvdd") {
    if (kind == DataKind::colour_images || kind == DataKind::signs) p.gcn = Preprocessing::Gcn::l2;
    if (own_table) p.per_feature = Preprocessing::PerFeature::standard;
    return p;
  }
  if (kind == DataKind::table)
    p.per_feature = Preprocessing::PerFeature::standard;
  else
    p.min_max = true;
  if (kind != DataKind::table && kind != DataKind::motion) p.gcn = Preprocessing::Gcn::l1;
  if (!has_network(method) && !own_table) p.pca = 0.95;
  return p;
}

}  // namespace

DataKind kind_of(const std::string& data) {
  if (data == "cifar10") return DataKind::colour_images;
  if (data == "gtsrb") return DataKind::signs;
  if (data == "mobifall") return DataKind::motion;
  if (const datasets::KnownDataset* known = datasets::known_dataset(data))
    return known->shape.size() == 1 ? DataKind::table : DataKind::digits;
  const std::filesystem::path path(data);
  if (const datasets::FileKind kind = datasets::file_kind(path);
      kind == datasets::FileKind::csv || kind == datasets::FileKind::npz)
    return DataKind::table;
  const auto holds = [&](const char* name) {
    std::error_code error;  // what cannot be looked at is told when it is read
    return std::filesystem::exists(path / name, error);
  };
  if (const datasets::KnownDataset* m = datasets::known_dataset("mobifall"); m && datasets::lies_in(*m, path))
    return DataKind::motion;
  if (holds("data_batch_1.bin") || holds("cifar-10-batches-bin") || holds("train/good"))
    return DataKind::colour_images;
  if (const datasets::KnownDataset* g = datasets::known_dataset("gtsrb"); g && datasets::lies_in(*g, path))
    return DataKind::signs;
  // A flat folder of images, told by what its pictures are: without colour, they are MNIST's kind.
  const std::vector<datasets::KnownDataset>& known = datasets::known_datasets();
  const bool is_known = std::any_of(known.begin(), known.end(), [&](const datasets::KnownDataset& set) {
    return datasets::lies_in(set, path);
  });
  if (!is_known && datasets::holds_images(path) && datasets::has_colour_images(path))
    return DataKind::colour_images;
  return DataKind::digits;
}

bool is_own(const std::string& data) {
  const std::vector<datasets::KnownDataset>& known = datasets::known_datasets();
  return std::none_of(known.begin(), known.end(), [&](const datasets::KnownDataset& set) {
    return set.name == data || datasets::lies_in(set, data);
  });
}

std::vector<int64_t> image_shape_of(DataKind kind) {
  if (kind == DataKind::digits) return {1, 28, 28};
  if (kind == DataKind::colour_images || kind == DataKind::signs) return {3, 32, 32};
  return {};
}

const std::vector<std::string>& method_names() {
  static const std::vector<std::string> names{"deep-svdd", "multi-radius",    "multi-sphere",
                                              "dasvdd",    "autoencoder",     "kernel-svdd",
                                              "kde",       "isolation-forest"};
  return names;
}

bool has_network(const std::string& method) {
  return method != "kernel-svdd" && method != "kde" && method != "isolation-forest";
}

// Deep SVDD's own: MNIST as it stands, CIFAR-10 with a longer pretraining. The others begin from there.
void set_published(TrainOptions& o) {
  const DataKind kind = kind_of(o.data_to_read());
  const svdd::Recipe recipe =
      o.method == "multi-sphere" ? svdd::Recipe::theano : o.deep_svdd.recipe;  // whose code ran on Theano
  svdd::DeepSvddOptions& d = o.deep_svdd;
  d = svdd::published_options(recipe);
  d.network = o.method == "dasvdd" && o.data == "speech" ? "dasvdd_speech" : network_for(o.method, kind);
  d.preprocessing = preprocessing_for(o.method, kind, is_own(o.data_to_read()));
  if ((kind == DataKind::colour_images || kind == DataKind::signs) && recipe == svdd::Recipe::pytorch) {
    d.pretraining.epochs = 350;
    d.pretraining.lr_milestones = {250};
    d.pretraining.weight_decay = 0.5e-6;
  }
  if (kind != DataKind::digits) d.dictionary = false;
  if (kind == DataKind::signs) d.training.batch_size = d.pretraining.batch_size = 64;
  if (o.method == "multi-sphere") {
    d.training.epochs = 100;
    d.dictionary = kind == DataKind::digits || kind == DataKind::motion;
  }
  if (o.method == "dasvdd") {
    d.training = {.epochs = 300, .lr = 1e-3, .lr_milestones = {}, .batch_size = 200, .weight_decay = 0};
    d.pretrain = false;
  }
}

void fit_to_size(TrainOptions& o, int64_t training_samples) {
  if (o.method != "dasvdd" || !is_own(o.data_to_read())) return;
  constexpr int64_t steps = 8, lanes = 16;
  int64_t& batch = o.deep_svdd.training.batch_size;
  batch = std::clamp(training_samples / steps / lanes * lanes, lanes, batch);
}

}  // namespace tools
