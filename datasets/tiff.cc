#include "datasets/tiff.h"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "datasets/exif_orientation.h"
#include "engine/stopping.h"

#if SVDD_HAVE_TIFF
#include <tiffio.h>
#endif

namespace datasets {

bool is_tiff(std::string_view head) {
  using namespace std::string_view_literals;
  return head.starts_with("II*\0"sv) || head.starts_with("MM\0*"sv) ||  // 42
         head.starts_with("II+\0"sv) || head.starts_with("MM\0+"sv);    // 43: BigTIFF
}

#if SVDD_HAVE_TIFF

namespace {

[[noreturn]] void refuse_tiff(const std::string& why) { throw std::runtime_error(why); }
[[noreturn]] void refuse_tiff_kind(const std::string& kind, const std::string& why) {
  throw ImageKindNotRead(kind, "cannot be read: " + why);
}

// What libtiff reads from, and what it says: it is called from C, so nothing here throws.
struct TiffSource {
  std::string_view contents;
  uint64_t at = 0;
  std::array<char, 160> said = {};  // the first error, or a warning that means one

  void say(const char* format, va_list arguments) {
    if (said[0] != '\0') return;
    std::vsnprintf(said.data(), said.size(), format, arguments);
    for (char* c = said.data(); *c != '\0'; ++c)
      if (*c < ' ' || *c > '~') *c = '?';
  }
};

TiffSource& source_of(thandle_t handle) { return *static_cast<TiffSource*>(handle); }

tmsize_t read_tiff(thandle_t handle, void* to, tmsize_t size) {
  TiffSource& s = source_of(handle);
  if (size <= 0 || s.at >= s.contents.size()) return 0;
  const auto count = std::min<uint64_t>(static_cast<uint64_t>(size), s.contents.size() - s.at);
  std::memcpy(to, s.contents.data() + s.at, static_cast<size_t>(count));
  s.at += count;
  return static_cast<tmsize_t>(count);
}
tmsize_t write_nothing(thandle_t, void*, tmsize_t) { return 0; }
toff_t seek_tiff(thandle_t handle, toff_t offset, int whence) {
  TiffSource& s = source_of(handle);
  s.at = whence == SEEK_CUR ? s.at + offset : whence == SEEK_END ? s.contents.size() + offset : offset;
  return s.at;
}
int close_nothing(thandle_t) { return 0; }
toff_t size_of_tiff(thandle_t handle) { return source_of(handle).contents.size(); }

#if TIFFLIB_VERSION >= 20221213  // 4.5.0: each open file has handlers of its own

int note_tiff_error(TIFF*, void* source, const char*, const char* format, va_list arguments) {
  static_cast<TiffSource*>(source)->say(format, arguments);
  return 1;
}

// Most warnings are of tags that nobody here asks for. These decoders' mean pixels that are not there.
int note_tiff_warning(TIFF*, void* source, const char* module, const char* format, va_list arguments) {
  const std::string_view from = module ? module : "";
  if (from.starts_with("JPEGLib") || from.starts_with("Fax") || from.starts_with("PackBits"))
    static_cast<TiffSource*>(source)->say(format, arguments);
  return 1;
}

TIFF* open_tiff(TiffSource& source) {
  const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(TIFFOpenOptionsAlloc(),
                                                                                 &TIFFOpenOptionsFree);
  if (!options) throw std::bad_alloc();
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), note_tiff_error, &source);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), note_tiff_warning, &source);
  return TIFFClientOpenExt("image", "rm", &source, read_tiff, write_nothing, seek_tiff, close_nothing,
                           size_of_tiff, nullptr, nullptr, options.get());
}

class QuietTiff {};

#else  // one pair of handlers for the whole process: taken away for as long as a file is read, one at a time

TIFF* open_tiff(TiffSource& source) {
  return TIFFClientOpen("image", "rm", &source, read_tiff, write_nothing, seek_tiff, close_nothing,
                        size_of_tiff, nullptr, nullptr);
}

class QuietTiff {
 public:
  QuietTiff() : errors_(TIFFSetErrorHandler(nullptr)), warnings_(TIFFSetWarningHandler(nullptr)) {}
  ~QuietTiff() {
    TIFFSetErrorHandler(errors_);
    TIFFSetWarningHandler(warnings_);
  }
  QuietTiff(const QuietTiff&) = delete;
  QuietTiff& operator=(const QuietTiff&) = delete;

 private:
  static std::mutex& one_at_a_time() {
    static std::mutex mutex;
    return mutex;
  }
  const std::lock_guard<std::mutex> lock_{one_at_a_time()};
  TIFFErrorHandler errors_, warnings_;
};

#endif

[[noreturn]] void refuse_damaged(const TiffSource& source) {
  const std::string said = source.said.data();
  refuse_tiff("is damaged or truncated" + (said.empty() ? "" : " (" + said + ")") + "; copy it again");
}

template <class T>
T tiff_field(TIFF* file, uint32_t tag, T otherwise) {
  T value = otherwise;
  return TIFFGetFieldDefaulted(file, tag, &value) ? value : otherwise;
}

bool is_full_page(TIFF* file) {
  return (tiff_field<uint32_t>(file, TIFFTAG_SUBFILETYPE, 0) & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) == 0;
}

// From the page after the one that is read: whether a full one is among the next few.
bool is_followed_by_a_page(TIFF* file) {
  constexpr int most = 16;
  for (int i = 0; i < most && TIFFReadDirectory(file); ++i)
    if (is_full_page(file)) return true;
  return false;
}

struct TiffLayout {
  int64_t width = 0, height = 0;
  int bits = 0, samples = 0;  // of a value; values of a pixel
  int photometric = 0, compression = 0, orientation = 1;
  bool planes = false;  // each colour by itself

  bool is_palette() const { return photometric == PHOTOMETRIC_PALETTE; }
  int stored_colours() const {  // the first of a pixel's values
    return photometric == PHOTOMETRIC_RGB || photometric == PHOTOMETRIC_YCBCR ? 3 : 1;
  }
  int64_t channels() const { return is_palette() ? 3 : stored_colours(); }
  int most() const { return (1 << bits) - 1; }
  bool is_deep() const { return bits > 8; }
};

void check_values(TIFF* file, const TiffLayout& layout) {
  const int format = tiff_field<uint16_t>(file, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
  if (format == SAMPLEFORMAT_IEEEFP || format == SAMPLEFORMAT_COMPLEXIEEEFP)
    refuse_tiff_kind("floating-point TIFF",
                     "its values are floating-point numbers, and what is white among them is not known; "
                     "save it with 8 or 16 bits a value");
  if (format != SAMPLEFORMAT_UINT && format != SAMPLEFORMAT_VOID)
    refuse_tiff_kind("signed TIFF", "its values have a sign; save it with 8 or 16 bits a value, from 0 on");
  if (layout.bits < 1 || layout.bits > 16 || (layout.is_palette() && layout.bits > 8))
    refuse_tiff_kind("TIFF of " + std::to_string(layout.bits) + " bits",
                     "it has " + std::to_string(layout.bits) + " bits a value; save it with 8 or 16");
}

void check_colours(const TiffLayout& layout) {
  const bool jpeg = layout.compression == COMPRESSION_JPEG;
  std::string colours;
  switch (layout.photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK:
    case PHOTOMETRIC_RGB:
    case PHOTOMETRIC_PALETTE:
      break;
    case PHOTOMETRIC_SEPARATED:
      colours = "CMYK";
      break;
    case PHOTOMETRIC_YCBCR:
      if (!jpeg || layout.planes) colours = "YCbCr without JPEG";
      break;
    case PHOTOMETRIC_CIELAB:
      colours = "CIE L*a*b*";
      break;
    default:
      colours = "of kind " + std::to_string(layout.photometric);
  }
  if (!colours.empty())
    refuse_tiff_kind(colours.starts_with("of kind") ? "TIFF of unusual colours" : colours + " TIFF",
                     "its colours are " + colours + "; save it as grey or RGB");
  const int colours_there = layout.stored_colours();
  if (layout.samples < colours_there || layout.samples > colours_there + 1)
    refuse_tiff_kind(
        "TIFF of several bands",
        "it has " + std::to_string(layout.samples) +
            " values a pixel, expected grey or RGB, with or without alpha; save each of its bands by itself");
  if (jpeg && layout.bits != 8)
    refuse_tiff_kind("TIFF of unusual JPEG", "it is a JPEG of other than 8 bits; save it as PNG");
  constexpr std::array<int, 12> known = {
      COMPRESSION_NONE,     COMPRESSION_PACKBITS,  COMPRESSION_LZW,       COMPRESSION_DEFLATE,
      COMPRESSION_ZSTD,     COMPRESSION_LZMA,      COMPRESSION_JPEG,      COMPRESSION_ADOBE_DEFLATE,
      COMPRESSION_CCITTRLE, COMPRESSION_CCITTRLEW, COMPRESSION_CCITTFAX3, COMPRESSION_CCITTFAX4};
  if (std::find(known.begin(), known.end(), layout.compression) == known.end() ||
      !TIFFIsCODECConfigured(static_cast<uint16_t>(layout.compression)))
    refuse_tiff_kind("TIFF of unknown compression",
                     "its compression (" + std::to_string(layout.compression) +
                         ") is not known here; save it with LZW, Deflate or none");
}

// The photometric interpretation as the page's directory has it (TIFF 6.0, section 2; BigTIFF): libtiff tells one of a palette
// that is not there as grey or RGB. Nothing where the directory has none.
std::optional<uint64_t> stated_photometric(TIFF* file, std::string_view contents) {
  const bool little = contents.starts_with("II"),
             big = contents.substr(2, 2).find('+') != std::string_view::npos;
  const auto number = [&](uint64_t at, uint64_t bytes) {
    uint64_t value = 0;
    for (uint64_t i = 0; i < bytes; ++i) {
      const uint64_t place = at + (little ? bytes - 1 - i : i);
      value = value << 8 | (place < contents.size() ? static_cast<uint8_t>(contents[place]) : 0u);
    }
    return value;
  };
  const uint64_t directory = TIFFCurrentDirOffset(file), head = big ? 8 : 2, size = big ? 20 : 12;
  if (directory > contents.size()) return std::nullopt;
  const uint64_t entries = number(directory, head);
  for (uint64_t i = 0; i < entries; ++i) {
    const uint64_t entry = directory + head + size * i;  // tag, type, count, value
    if (entry + size > contents.size()) break;
    if (number(entry, 2) != TIFFTAG_PHOTOMETRIC) continue;
    const uint64_t type = number(entry + 2, 2);
    return number(entry + (big ? 12 : 8), type == TIFF_LONG ? 4 : type == TIFF_BYTE ? 1 : 2);
  }
  return std::nullopt;
}

TiffLayout tiff_layout(TIFF* file, std::string_view contents) {
  TiffLayout layout;
  layout.width = tiff_field<uint32_t>(file, TIFFTAG_IMAGEWIDTH, 0);
  layout.height = tiff_field<uint32_t>(file, TIFFTAG_IMAGELENGTH, 0);
  layout.bits = tiff_field<uint16_t>(file, TIFFTAG_BITSPERSAMPLE, 1);
  layout.samples = tiff_field<uint16_t>(file, TIFFTAG_SAMPLESPERPIXEL, 1);
  layout.compression = tiff_field<uint16_t>(file, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
  layout.orientation = tiff_field<uint16_t>(file, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
  layout.planes =
      tiff_field<uint16_t>(file, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) == PLANARCONFIG_SEPARATE;
  layout.photometric = tiff_field<uint16_t>(file, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
  if (!layout.is_palette() && stated_photometric(file, contents) == PHOTOMETRIC_PALETTE)
    refuse_tiff("is damaged: its colours are numbers of a palette, and it has none; save it as grey or RGB");
  check_values(file, layout);
  check_colours(layout);
  check_image_size(layout.width, layout.height,
                   std::max<int64_t>(layout.samples, layout.channels()) * (layout.is_deep() ? 2 : 1));
  if (layout.photometric == PHOTOMETRIC_YCBCR) TIFFSetField(file, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  return layout;
}

// Strips are blocks as wide as the picture, tiles all of one size, which may go beyond its edges.
struct TiffBlocks {
  bool tiles = false;
  int64_t width = 0, rows = 0, row_bytes = 0;
};

TiffBlocks tiff_blocks(TIFF* file, const TiffLayout& layout, const TiffSource& source) {
  TiffBlocks blocks;
  blocks.tiles = TIFFIsTiled(file) != 0;
  if (blocks.tiles) {
    blocks.width = tiff_field<uint32_t>(file, TIFFTAG_TILEWIDTH, 0);
    blocks.rows = tiff_field<uint32_t>(file, TIFFTAG_TILELENGTH, 0);
  } else {
    blocks.width = layout.width;
    blocks.rows =
        std::min<int64_t>(layout.height, tiff_field<uint32_t>(file, TIFFTAG_ROWSPERSTRIP, 0xffffffffu));
  }
  blocks.row_bytes = (blocks.width * layout.bits * (layout.planes ? 1 : layout.samples) + 7) / 8;
  const uint64_t row_bytes = blocks.tiles ? TIFFTileRowSize64(file) : TIFFScanlineSize64(file);
  if (blocks.width < 1 || blocks.rows < 1 || row_bytes != static_cast<uint64_t>(blocks.row_bytes))
    refuse_damaged(source);
  if (blocks.rows > largest_image_bytes / blocks.row_bytes)
    refuse_tiff_kind("TIFF of huge tiles", "its tiles are " + std::to_string(blocks.width) + " x " +
                                               std::to_string(blocks.rows) + " pixels, more than " +
                                               std::to_string(largest_image_bytes) +
                                               " bytes each; save it in strips");
  const int64_t whole = blocks.row_bytes * layout.height;
  if (layout.compression == COMPRESSION_NONE && !blocks.tiles &&
      static_cast<uint64_t>(whole) > source.contents.size())
    refuse_tiff("is truncated: it holds " + std::to_string(source.contents.size()) +
                " bytes, and its pixels are " + std::to_string(whole) + "; copy it again");
  return blocks;
}

// `count` values of `bits` each, the highest bit first; of 16 bits in this machine's order, as libtiff hands them out.
void unpack_values(const uint8_t* bytes, size_t count, int bits, uint16_t* values) {
  if (bits == 8) {
    std::copy(bytes, bytes + count, values);
  } else if (bits == 16) {
    std::memcpy(values, bytes, 2 * count);
  } else {
    uint32_t held = 0;
    int there = 0;
    for (size_t i = 0; i < count; ++i) {
      for (; there < bits; there += 8) held = held << 8 | *bytes++;
      there -= bits;
      values[i] = static_cast<uint16_t>(held >> there & ((1u << bits) - 1));
    }
  }
}

// The values that stand for one value of the file, each of a channel: grey, one of RGB, or a palette's colour.
class TiffColours {
 public:
  TiffColours(TIFF* file, const TiffLayout& layout) : most_(layout.most()) {
    inverted_ = layout.photometric == PHOTOMETRIC_MINISWHITE;
    spread_ = layout.bits < 8;
    if (!layout.is_palette()) return;
    std::array<uint16_t*, 3> map = {};
    if (!TIFFGetField(file, TIFFTAG_COLORMAP, &map[0], &map[1], &map[2]))
      refuse_tiff("is damaged: it has no palette; copy it again");
    bool wide = false;  // some writers put 8 bits where 16 belong
    for (const uint16_t* colour : map)
      wide = wide || std::any_of(colour, colour + most_ + 1, [](uint16_t v) { return v > 255; });
    for (size_t c = 0; c < 3; ++c)
      for (int i = 0; i <= most_; ++i)
        palette_[c].push_back(static_cast<uint8_t>(wide ? map[c][i] >> 8 : map[c][i]));
  }
  uint16_t value(uint16_t stored) const {
    const int v = inverted_ ? most_ - stored : stored;
    return static_cast<uint16_t>(spread_ ? (v * 255 + most_ / 2) / most_ : v);
  }
  bool is_palette() const { return !palette_[0].empty(); }
  uint8_t of_palette(uint16_t stored, size_t c) const { return palette_[c][stored]; }

 private:
  int most_;
  bool inverted_ = false, spread_ = false;
  std::array<std::vector<uint8_t>, 3> palette_;
};

// `stored`: `count` pixels of `step` values each, of which the first `colours` are put down from channel `first` on.
template <class T>
void put_pixels(const std::vector<uint16_t>& stored, int64_t count, int step, int colours,
                const TiffColours& meaning, int64_t channels, T* to) {
  for (int64_t x = 0; x < count; ++x, to += channels) {
    const uint16_t* pixel = stored.data() + x * step;
    if (meaning.is_palette())
      for (size_t c = 0; c < 3; ++c) to[c] = static_cast<T>(meaning.of_palette(pixel[0], c));
    else
      for (int c = 0; c < colours; ++c) to[c] = static_cast<T>(meaning.value(pixel[c]));
  }
}

template <class T>
void read_blocks(TIFF* file, const TiffLayout& layout, const TiffBlocks& blocks, const TiffSource& source,
                 const Image& image, std::vector<T>& pixels) {
  const TiffColours meaning(file, layout);
  const int planes = layout.planes ? layout.stored_colours() : 1, step = layout.planes ? 1 : layout.samples;
  std::vector<uint8_t> bytes(static_cast<size_t>(blocks.rows * blocks.row_bytes));
  std::vector<uint16_t> stored(static_cast<size_t>(blocks.width * step));
  for (int plane = 0; plane < planes; ++plane)
    for (int64_t top = 0; top < layout.height; top += blocks.rows)
      for (int64_t left = 0; left < layout.width; left += blocks.width) {
        engine::check_stop();
        const auto x = static_cast<uint32_t>(left), y = static_cast<uint32_t>(top);
        const auto s = static_cast<uint16_t>(plane);
        const int64_t rows = std::min(blocks.rows, layout.height - top),
                      columns = std::min(blocks.width, layout.width - left);
        const auto size = static_cast<tmsize_t>((blocks.tiles ? blocks.rows : rows) * blocks.row_bytes);
        const tmsize_t found =
            blocks.tiles ? TIFFReadEncodedTile(file, TIFFComputeTile(file, x, y, 0, s), bytes.data(), size)
                         : TIFFReadEncodedStrip(file, TIFFComputeStrip(file, y, s), bytes.data(), size);
        if (found != size || source.said[0] != '\0') refuse_damaged(source);
        // Only now that the file has shown that there is something in it.
        pixels.resize(static_cast<size_t>(image.height * image.width * image.channels));
        for (int64_t row = 0; row < rows; ++row) {
          unpack_values(bytes.data() + row * blocks.row_bytes, static_cast<size_t>(columns * step),
                        layout.bits, stored.data());
          put_pixels(stored, columns, step, layout.planes ? 1 : layout.stored_colours(), meaning,
                     image.channels,
                     pixels.data() + ((top + row) * image.width + left) * image.channels + plane);
        }
      }
}

}  // namespace

Image decode_tiff(std::string_view contents) {
  [[maybe_unused]] const QuietTiff quiet;
  TiffSource source{contents};
  const std::unique_ptr<TIFF, decltype(&TIFFClose)> file(open_tiff(source), &TIFFClose);
  if (!file) refuse_damaged(source);
  constexpr int most_pages = 1000;
  for (int page = 1; !is_full_page(file.get()); ++page)
    if (page == most_pages || !TIFFReadDirectory(file.get()))
      refuse_tiff_kind("TIFF without a picture", "it holds a thumbnail or a mask alone; save it as PNG");
  const TiffLayout layout = tiff_layout(file.get(), contents);
  const TiffBlocks blocks = tiff_blocks(file.get(), layout, source);
  source.said[0] = '\0';  // of tags, or of pages before
  Image image{layout.height, layout.width, layout.channels(), {}};
  if (layout.is_deep()) {
    image.maximum = layout.most();
    read_blocks(file.get(), layout, blocks, source, image, image.deep_pixels);
  } else {
    read_blocks(file.get(), layout, blocks, source, image, image.pixels);
  }
  image.more_pages = is_followed_by_a_page(file.get());
  return turned(std::move(image), layout.orientation);
}

#else

Image decode_tiff(std::string_view) {
  throw std::runtime_error("is a TIFF file, and this build has no libtiff");
}

#endif

}  // namespace datasets
