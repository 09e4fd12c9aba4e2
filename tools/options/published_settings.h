// What a paper used: the options of a method on a kind of data, before anybody asks for others.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "tools/options/options.h"

namespace tools {

// What a data set is made of, as far as the published settings care.
enum class DataKind { digits, colour_images, signs, motion, table };

// By the name or path given to --data: 28×28 grey images for MNIST's kind, folders of IDX files and flat folders of
// images without colour; 32×32 in colour for CIFAR-10's, folders of the layout of MVTec AD, and flat folders of images
// some of which have colour.
DataKind kind_of(const std::string& data);

// Whether the data are a user's own: neither a known set nor files in the form of one, but a table or images that no
// paper speaks of. What papers did to their data need not suit them:
// - tables: DASVDD scales each column to mean 0 and deviation 1, as the other methods do anyway; the shallow methods
//   take all columns as they then are, without PCA.
bool is_own(const std::string& data);

// What of the settings follows the number of training samples, once that is known and where nobody asked otherwise: on
// one's own data, DASVDD's batches. The published 200 are for thousands of samples; of 87 they would make one step an
// epoch, on 79 of them, and centre updates on the other 8. So a batch is an eighth of the samples, in whole sixteens,
// from 16 up to the published size: eight steps an epoch, and from 1600 samples on as published.
void fit_to_size(TrainOptions& o, int64_t training_samples);

// What the networks for a kind of data see: {channels, height, width}; empty where those are no images. Methods
// without a network see folders of images so too.
std::vector<int64_t> image_shape_of(DataKind kind);

// The network methods, the shallow ones, and all.
bool has_network(const std::string& method);
const std::vector<std::string>& method_names();

// Sets the options of `o.method` on `o.data` under the recipe in o.deep_svdd.recipe: network, preprocessing,
// schedules. What --help calls the defaults.
void set_published(TrainOptions& o);

}  // namespace tools
