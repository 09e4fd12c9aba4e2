// What settings depend on in the data: the published ones, and those that suit images and tables of one's own.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "datasets/image_survey.h"

namespace svdd::recipes {

// What a data set is made of, as far as the published settings care.
enum class DataKind { digits, colour_images, signs, motion, table };

struct DataTraits {
  DataKind kind = DataKind::digits;
  // Whether the data are a user's own: neither a known set nor files in the form of one, but a table or images that no
  // paper speaks of. What papers did to their data need not suit them.
  bool own = false;
  std::string name = {};  // of a known set: "speech"
  // Of images of one's own: what they are brought to, {1 or 3, height, width}, and have a network for (image_network.h;
  // 3×32×32 has CIFAR-10's). Epochs and batches go by their number. Empty where all is as published: 28×28 grey as MNIST has.
  std::vector<int64_t> own_images = {};
  datasets::ImageSurvey survey = {};  // of a folder, which that was chosen by
};

// Of a known set's name, or of a path. Digits are grey images of MNIST's kind, colour images those of CIFAR-10's; a folder
// of images is what its training images are, by a look at a few. They are seen at 64×64 where the shorter side of half of them
// reaches that and there are at most 20 000 of them, else at 32×32: the work grows with both, and on the screws of MVTec AD
// 128×128 ranks worse (svdd/RESULTS.md). `asked`: another size, {height, width} or {channels, height, width}; empty: that.
DataTraits traits_of(const std::string& data, const std::vector<int64_t>& asked = {});

// Of images that are at hand already, of this shape.
DataTraits traits_of_images(const std::vector<int64_t>& shape);

// What the methods see of such data: {channels, height, width}; empty where they are no images.
std::vector<int64_t> image_shape_of(const DataTraits& traits);

}  // namespace svdd::recipes
