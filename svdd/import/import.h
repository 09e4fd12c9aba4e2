// A detector out of a file that another program wrote, or `export_model` (export/export.h): the opposite way.
//
// - What the authors' DeepSVDD.save_model saves, by torch.save (engine/files/torch_file.h): a dict of R, c, net_dict and
//   ae_net_dict, of which the last is not needed and left aside. It says neither of which network it is nor what was done to the
//   samples: the caller does.
// - A bare state_dict, in such a file, in .safetensors or in .npz (told by these endings): the arrays of the encoder, and among them
//   c (or centre) and R (or radius), if they are there.
// - What export_model wrote, which says all of that itself: of any method as .safetensors or .npz, whole; of methods with a network
//   for PyTorch, without the scores of the training samples.
//
// Arrays have the names of the network's layers: conv1.weight, bn1.running_mean, …; "module." before all of them and
// num_batches_tracked are left aside. Batch norm with weight and bias, and layers with bias terms, are taken where the file has
// such arrays.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/preprocessing.h"
#include "engine/backend.h"
#include "svdd/detector.h"
#include "svdd/methods/deep_svdd.h"

namespace svdd {

struct ImportOptions {
  std::string network = {};                                   // a name or a text; empty: as the file says
  std::vector<int64_t> input = {};                            // of a sample, where the network takes any
  std::optional<datasets::Preprocessing> preprocessing = {};  // none: as the file says
  std::optional<Objective> objective = {};                    // none: soft-boundary where R is above 0
  std::vector<float> centre = {};                             // empty: the file's
  std::optional<double> threshold = {};                       // none: as the file says, or:
  // On the sphere, 0, of a soft boundary, and Detector::no_threshold of one-class: the authors' file has none.
};

struct Imported {
  std::unique_ptr<Detector> detector;
  std::vector<std::string> notes;  // what was left aside or not there, in sentences
};

// Whether the file says itself of which network it is and what was done to the samples: what export_model wrote does.
// Errors of import_model.
bool is_self_describing(const std::filesystem::path& file);

// std::runtime_error, in one line, for a file that cannot be read, is damaged or does not fit the network; std::invalid_argument
// for options that are impossible, or missing where the file does not say them.
Imported import_model(const std::filesystem::path& file, const ImportOptions& options,
                      engine::Backend& backend);

// What the authors' loaders do to the images of "mnist" or "cifar10" with this normal class: contrast normalisation with the
// mean absolute value, and min and max that they computed beforehand, of that class. std::invalid_argument for other data and
// classes.
datasets::Preprocessing authors_preprocessing(std::string_view data, int64_t normal_class);

}  // namespace svdd
