// What published settings depend on in the data.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace svdd::recipes {

// What a data set is made of, as far as the published settings care.
enum class DataKind { digits, colour_images, signs, motion, table };

struct DataTraits {
  DataKind kind = DataKind::digits;
  // Whether the data are a user's own: neither a known set nor files in the form of one, but a table or images that no
  // paper speaks of. What papers did to their data need not suit them.
  bool own = false;
  std::string name = {};  // of a known set: "speech"
};

// Of a known set's name, or of a path. Digits are 28×28 grey images of MNIST's kind, folders of IDX files and flat folders
// of images without colour; colour images 32×32 of CIFAR-10's, folders of the layout of MVTec AD, and flat folders of
// images some of which have colour.
DataTraits traits_of(const std::string& data);

// What the networks for a kind of data see: {channels, height, width}; empty where those are no images. Methods
// without a network see folders of images so too.
std::vector<int64_t> image_shape_of(DataKind kind);

}  // namespace svdd::recipes
