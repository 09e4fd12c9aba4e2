// What a paper used: the options of a method on a kind of data, before anybody asks for others.
#pragma once
#include <string>

#include "tools/options.h"

namespace tools {

// What a data set is made of, as far as the published settings care.
enum class DataKind { digits, colour_images, signs, motion, table };

// By the name or path given to --data: 28×28 grey images for MNIST's kind and folders of IDX files, 32×32 in
// colour for CIFAR-10's and image folders.
DataKind kind_of(const std::string& data);

// The network methods, the shallow ones, and all.
bool has_network(const std::string& method);
const std::vector<std::string>& method_names();

// Sets the options of `o.method` on `o.data` under the recipe in o.deep_svdd.recipe: network, preprocessing,
// schedules. What --help calls the defaults.
void set_published(TrainOptions& o);

}  // namespace tools
