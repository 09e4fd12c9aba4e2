#include "datasets/cifar10.h"

#include "datasets/byte_records.h"

namespace datasets {

const std::vector<std::string>& cifar10_class_names() {
  static const std::vector<std::string> names = {"airplane", "automobile", "bird",  "cat",  "deer",
                                                 "dog",      "frog",       "horse", "ship", "truck"};
  return names;
}

const std::vector<std::string>& cifar10_file_names() {
  static const std::vector<std::string> names = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                                 "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"};
  return names;
}

Dataset load_cifar10_folder(const std::filesystem::path& folder) {
  Dataset data{folder.string(), cifar10_class_names(), {{3, 32, 32}, {}, {}}, {{3, 32, 32}, {}, {}}};
  for (const std::string& name : cifar10_file_names())
    append_byte_records(folder / name, data.classes(),
                        name == cifar10_file_names().back() ? data.test : data.train);
  return data;
}

}  // namespace datasets
