#include "datasets/pnm.h"

#include <stdexcept>
#include <string>

namespace datasets {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view contents) : contents_(contents), position_(2) {}  // after P and the digit

  // The next decimal number, after any white space and comments (# to the end of the line).
  int64_t number() {
    while (position_ < contents_.size() && (is_space(contents_[position_]) || contents_[position_] == '#'))
      position_ = contents_[position_] == '#' ? contents_.find('\n', position_) : position_ + 1;
    if (position_ >= contents_.size())
      throw std::runtime_error("is truncated: it ends where a number should stand");
    int64_t value = 0;
    const size_t begin = position_;
    for (; position_ < contents_.size() && is_digit(contents_[position_]); ++position_) {
      value = 10 * value + (contents_[position_] - '0');
      if (value > largest_image_pixels)
        throw std::runtime_error("is damaged or too large: it holds a number beyond reason");
    }
    if (position_ == begin)
      throw std::runtime_error("is damaged: it holds something else where a number should stand");
    return value;
  }

  int64_t byte() {
    if (position_ >= contents_.size()) throw std::runtime_error("is truncated: it ends within its pixels");
    return static_cast<unsigned char>(contents_[position_++]);
  }

 private:
  static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  std::string_view contents_;
  size_t position_;
};

}  // namespace

bool is_pnm(std::string_view contents) {
  return contents.size() > 2 && contents[0] == 'P' &&
         std::string_view("2356").find(contents[1]) != std::string_view::npos &&
         std::string_view(" \t\n\v\f\r#").find(contents[2]) != std::string_view::npos;
}

Image decode_pnm(std::string_view contents) {
  const char kind = contents[1];
  const bool text = kind == '2' || kind == '3';
  Reader reader(contents);
  Image image;
  image.channels = kind == '3' || kind == '6' ? 3 : 1;
  image.width = reader.number();
  image.height = reader.number();
  check_image_size(image.width, image.height, image.channels);
  const int64_t maximum = reader.number();
  if (maximum < 1 || maximum > 65535)
    throw std::runtime_error("is damaged: its largest value is " + std::to_string(maximum) +
                             ", expected 1 to 65535");
  if (!text) reader.byte();  // the one white space before the pixels

  const bool deep = maximum > 255;
  check_image_size(image.width, image.height, image.channels * (deep ? 2 : 1));
  const int64_t count = image.height * image.width * image.channels;
  // A value takes a byte at least, and two where it stands between spaces or goes beyond 255.
  if (count > static_cast<int64_t>(contents.size()) / (deep || text ? 2 : 1))
    throw std::runtime_error("is truncated: " + std::to_string(count) + " values do not fit into " +
                             std::to_string(contents.size()) + " bytes");
  if (deep) image.maximum = maximum;
  deep ? image.deep_pixels.reserve(static_cast<size_t>(count))
       : image.pixels.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    int64_t value = text ? reader.number() : reader.byte();
    if (!text && deep) value = 256 * value + reader.byte();
    if (value > maximum)
      throw std::runtime_error("is damaged: it holds the value " + std::to_string(value) +
                               " above its maximum of " + std::to_string(maximum));
    if (deep)
      image.deep_pixels.push_back(static_cast<uint16_t>(value));
    else
      image.pixels.push_back(static_cast<uint8_t>((255 * value + maximum / 2) / maximum));
  }
  return image;
}

}  // namespace datasets
