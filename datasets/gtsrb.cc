#include "datasets/gtsrb.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "datasets/byte_records.h"
#include "datasets/csv.h"
#include "datasets/image_file.h"
#include "datasets/resampling.h"
#include "engine/files/atomic_file.h"
#include "engine/files/in_quotes.h"
#include "engine/stopping.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;
using engine::in_quotes;

constexpr int64_t side = 32;
constexpr int stop_sign = 14;
const char* const train_records = "train_class14.bin";
const char* const test_records = "test_subset.bin";
const char* const test_table = "GT-final_test.csv";

// The first of these subfolders that is there; an empty path where none is.
fs::path first_folder(const fs::path& folder, std::initializer_list<const char*> names) {
  std::error_code error;
  for (const char* name : names)
    if (fs::is_directory(folder / name, error)) return folder / name;
  return {};
}

struct Region {
  int64_t x1, y1, x2, y2;
};

Image cut(const Image& image, const Region& region) {
  Image part{region.y2 - region.y1, region.x2 - region.x1, image.channels, {}};
  part.maximum = image.maximum;
  const auto copy_rows = [&](const auto& from, auto& to) {
    if (from.empty()) return;
    to.reserve(static_cast<size_t>(part.height * part.width * part.channels));
    for (int64_t y = region.y1; y < region.y2; ++y) {
      const auto row = from.begin() + (y * image.width + region.x1) * image.channels;
      to.insert(to.end(), row, row + part.width * part.channels);
    }
  };
  copy_rows(image.pixels, part.pixels);
  copy_rows(image.deep_pixels, part.deep_pixels);
  return part;
}

void append_image(const Image& image, Split& split) {
  for (int64_t c = 0; c < 3; ++c)
    for (const float level : resample(image.plane(c, 3), image.height, image.width, side, side))
      split.bytes.push_back(static_cast<uint8_t>(std::clamp(level * 255.0f + 0.5f, 0.0f, 255.0f)));
}

// Where the columns of a GT-*.csv stand.
class Columns {
 public:
  Columns(const CsvReader& reader, const std::vector<std::string_view>& header) {
    const auto find = [&](const char* name) {
      const auto found = std::find(header.begin(), header.end(), name);
      if (found == header.end())
        reader.refuse(
            "there is no column " + in_quotes(name) +
            "; expected Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId" +
            (std::string_view(name) == "ClassId" ? " (the classes come in a table of their own)" : ""));
      return static_cast<size_t>(found - header.begin());
    };
    file = find("Filename");
    x1 = find("Roi.X1"), y1 = find("Roi.Y1"), x2 = find("Roi.X2"), y2 = find("Roi.Y2");
    class_id = find("ClassId");
  }
  size_t file, x1, y1, x2, y2, class_id;
};

// The images that a table names, from `folder`.
void append_table(const fs::path& table, const fs::path& folder, Split& split) {
  const std::string text = engine::read_file(table);
  CsvReader reader(text, in_quotes(table), ';');
  std::vector<std::string_view> fields;
  if (!reader.next(fields)) throw std::runtime_error(in_quotes(table) + " holds no header");
  const Columns columns(reader, fields);
  const size_t width = fields.size();
  const auto classes = static_cast<int64_t>(gtsrb_class_names().size());
  std::set<std::string> names;
  while (reader.next(fields)) {
    engine::check_stop();
    if (fields.size() != width)
      reader.refuse("there are " + std::to_string(fields.size()) + " fields, expected " +
                    std::to_string(width));
    const fs::path name(fields[columns.file]);
    if (name.empty() || name.has_parent_path())
      reader.refuse(columns.file, in_quotes(name) + " is no file's name in " + in_quotes(folder));
    if (!names.insert(name.string()).second)  // or a few lines would make any number of images
      reader.refuse(columns.file, in_quotes(name) + " is named twice");
    engine::check_stop();
    const Image image = read_image(folder / name);
    const auto edge = [&](size_t column, int64_t least, int64_t most) {
      return whole_number_at(reader, fields, column, least, most);
    };
    Region region{};
    region.x1 = edge(columns.x1, 0, image.width - 1), region.y1 = edge(columns.y1, 0, image.height - 1);
    region.x2 = edge(columns.x2, region.x1 + 1, image.width);
    region.y2 = edge(columns.y2, region.y1 + 1, image.height);
    const int64_t label = whole_number_at(reader, fields, columns.class_id, 0, classes - 1);
    append_image(cut(image, region), split);
    split.labels.push_back(static_cast<int32_t>(label));
  }
}

// One subfolder for each class, named by its number in five digits, with GT-NNNNN.csv inside.
void append_class_folders(const fs::path& folder, Split& split) {
  for (size_t k = 0; k < gtsrb_class_names().size(); ++k) {
    std::string name = std::to_string(k);
    name.insert(0, 5 - name.size(), '0');
    std::error_code error;
    if (fs::is_directory(folder / name, error))
      append_table(folder / name / ("GT-" + name + ".csv"), folder / name, split);
  }
  if (split.count() == 0)
    throw std::runtime_error(
        "no training images in " + in_quotes(folder) +
        ": expected a subfolder for each class, 00000 to 00042, with GT-00000.csv and so on");
}

fs::path table_of_test(const fs::path& root, const fs::path& images) {
  std::error_code error;
  for (const fs::path& place : {images, root, root.parent_path()})
    if (fs::is_regular_file(place / test_table, error)) return place / test_table;
  throw std::runtime_error("the classes of the test images in " + in_quotes(images) + " are missing: put " +
                           test_table + " (with a column ClassId) beside them");
}

}  // namespace

const std::vector<std::string>& gtsrb_class_names() {
  static const std::vector<std::string> names = {"speed limit 20",
                                                 "speed limit 30",
                                                 "speed limit 50",
                                                 "speed limit 60",
                                                 "speed limit 70",
                                                 "speed limit 80",
                                                 "end of speed limit 80",
                                                 "speed limit 100",
                                                 "speed limit 120",
                                                 "no passing",
                                                 "no passing for lorries",
                                                 "right of way",
                                                 "priority road",
                                                 "yield",
                                                 "stop",
                                                 "no vehicles",
                                                 "no lorries",
                                                 "no entry",
                                                 "danger",
                                                 "bend to the left",
                                                 "bend to the right",
                                                 "double bend",
                                                 "bumpy road",
                                                 "slippery road",
                                                 "road narrows",
                                                 "road works",
                                                 "traffic signals",
                                                 "pedestrians",
                                                 "children",
                                                 "bicycles",
                                                 "snow or ice",
                                                 "wild animals",
                                                 "end of all limits",
                                                 "turn right",
                                                 "turn left",
                                                 "ahead only",
                                                 "ahead or right",
                                                 "ahead or left",
                                                 "keep right",
                                                 "keep left",
                                                 "roundabout",
                                                 "end of no passing",
                                                 "end of no passing for lorries"};
  return names;
}

const std::vector<std::string>& gtsrb_entries() {
  static const std::vector<std::string> entries = {train_records, test_records, "Final_Training/Images",
                                                   "GTSRB/Training", "GTSRB/Final_Training/Images"};
  return entries;
}

Dataset load_gtsrb_folder(const fs::path& folder) {
  Dataset data{folder.string(),
               gtsrb_class_names(),
               {{3, side, side}, {}, {}},
               {{3, side, side}, {}, {}},
               {stop_sign}};
  const fs::path train =
      first_folder(folder, {"Final_Training/Images", "GTSRB/Final_Training/Images", "GTSRB/Training"});
  if (train.empty()) {
    append_byte_records(folder / train_records, data.classes(), data.train);
    append_byte_records(folder / test_records, data.classes(), data.test);
    return data;
  }
  append_class_folders(train, data.train);
  const fs::path test = first_folder(folder, {"Final_Test/Images", "GTSRB/Final_Test/Images"});
  if (!test.empty()) append_table(table_of_test(folder, test), test, data.test);
  return data;
}

}  // namespace datasets
