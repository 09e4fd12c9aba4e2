#include "datasets/jpeg_structure.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <stdexcept>
#include <vector>

#include "datasets/image_file.h"
#include "datasets/jpeg_codes.h"
#include "engine/stopping.h"

namespace datasets {
namespace {

// Markers (T.81, table B.1).
constexpr uint8_t sof0 = 0xc0, sof2 = 0xc2, dht = 0xc4, jpg = 0xc8, rst0 = 0xd0, rst7 = 0xd7, soi = 0xd8,
                  eoi = 0xd9, sos = 0xda, dqt = 0xdb, dnl = 0xdc, dri = 0xdd, app0 = 0xe0, app1 = 0xe1,
                  app14 = 0xee, app15 = 0xef, com = 0xfe, tem = 0x01;

// Followed by a length and a payload: frames and tables (but for two that are none), applications' data, comments.
bool has_segment(uint8_t marker) {
  return (marker >= sof0 && marker <= 0xcf && marker != jpg) || (marker >= sos && marker <= app15) ||
         marker == com;
}

[[noreturn]] void damaged(const std::string& what) {
  throw std::runtime_error("is damaged: " + what + "; copy it again");
}
[[noreturn]] void unsupported(const std::string& what) {
  throw ImageKindNotRead("unusual JPEG", "cannot be read: " + what + "; save it as a usual JPEG or PNG file");
}

struct Component {
  int id = 0, h = 0, v = 0, quantisation = 0;  // sampling factors, and the number of its table
  int64_t blocks_wide = 0, blocks_high = 0;    // that hold pixels
  int64_t padded_wide = 0, padded_high = 0;    // in whole interleaved units
  bool complete = false;                       // of a sequential file: its scan was there
  // Of a progressive file: how many low bits of each coefficient are still to come; -1: all.
  std::array<int, 64> bits_to_come{};
  std::vector<uint64_t> set;  // a bit for each coefficient of each block that is no longer 0
};

struct Scan {
  struct Part {
    size_t component;
    int dc, ac;  // numbers of codes
  };
  std::vector<Part> parts;
  int first = 0, last = 63;  // coefficients, in zigzag order
  int high = 0, low = 0;     // the bit above those that this scan brings (0: none), and the lowest of them
};

class Walk {
 public:
  explicit Walk(std::string_view contents) : contents_(contents) {}
  JpegStructure structure();

 private:
  size_t byte(size_t at) const { return static_cast<uint8_t>(contents_[at]); }
  size_t two(size_t at) const { return byte(at) << 8 | byte(at + 1); }
  int next_marker();  // -1: the file ends before one
  std::string_view segment(uint8_t marker);
  void keep(uint8_t marker, std::string_view payload);
  void read_tables(uint8_t marker, std::string_view payload);
  void read_application_data(uint8_t marker, std::string_view payload);
  void read_frame(uint8_t marker, std::string_view payload);
  Scan scan_of(std::string_view payload) const;
  void check_order(const Scan& scan);
  void read_scan(const Scan& scan);
  bool whole() const;  // whether every coefficient has come

  template <class Block>
  void for_each_block(const Scan& scan, JpegBits& bits, Block block);
  void sequential_block(const JpegCode& dc, const JpegCode& ac, JpegBits& bits) const;
  void first_ac(const Scan& scan, const JpegCode& ac, uint64_t& set, JpegBits& bits);
  void refine_ac(const Scan& scan, const JpegCode& ac, uint64_t& set, JpegBits& bits);

  std::string_view contents_;
  size_t at_ = 0;
  JpegStructure result_;
  bool framed_ = false, progressive_ = false;
  std::vector<Component> components_;
  int64_t units_wide_ = 0, units_high_ = 0;  // interleaved units (MCU)
  std::array<bool, 4> quantisation_{};
  std::array<JpegCode, 4> dc_, ac_;
  int64_t restart_interval_ = 0;
  int64_t skip_blocks_ = 0;  // blocks that an end-of-band run still covers
  int scans_ = 0;
};

int Walk::next_marker() {
  for (; at_ < contents_.size(); ++at_) {
    if (byte(at_) != 0xff) continue;  // bytes between segments are passed over
    while (at_ < contents_.size() && byte(at_) == 0xff) ++at_;
    if (at_ < contents_.size() && byte(at_) != 0) return static_cast<int>(byte(at_++));
  }
  return -1;
}

// What follows a marker: two bytes of its length, which count themselves, and the payload.
std::string_view Walk::segment(uint8_t marker) {
  char name[8];
  std::snprintf(name, sizeof name, "0xff%02x", marker);
  const std::string segment_name = "its segment " + std::string(name) + " at byte " + std::to_string(at_ - 2);
  const size_t left = contents_.size() - at_;
  if (left < 2 || (two(at_) >= 2 && two(at_) > left))
    throw std::runtime_error("is truncated: it ends within " + segment_name + "; copy it again");
  const size_t length = two(at_);
  if (length < 2) damaged(segment_name + " has a length below 2");
  const std::string_view payload = contents_.substr(at_ + 2, length - 2);
  at_ += length;
  return payload;
}

void Walk::keep(uint8_t marker, std::string_view payload) {
  const size_t length = payload.size() + 2;
  for (const size_t b : {size_t{0xff}, size_t{marker}, length >> 8, length & 0xff})
    result_.clean += static_cast<char>(b);
  result_.clean += payload;
}

void Walk::read_tables(uint8_t marker, std::string_view payload) {
  const auto value = [&](size_t i) { return static_cast<uint8_t>(payload[i]); };
  if (marker == dri) {
    if (payload.size() != 2) damaged("its restart interval (DRI) is no two bytes");
    restart_interval_ = value(0) << 8 | value(1);
  }
  for (size_t i = 0; marker == dqt && i < payload.size();) {
    const size_t size = value(i) >> 4 == 0 ? 65 : 129;
    if (value(i) >> 4 > 1 || (value(i) & 15) > 3 || payload.size() - i < size)
      damaged("it has an impossible quantisation table");
    quantisation_[value(i) & 15] = true;
    i += size;
  }
  for (size_t i = 0; marker == dht && i < payload.size();) {
    size_t words = 0;
    for (size_t k = 1; k <= 16 && i + k < payload.size(); ++k) words += value(i + k);
    if (value(i) >> 4 > 1 || (value(i) & 15) > 3 || words > 255 || payload.size() - i < 17 + words)
      damaged("it has an impossible Huffman table");
    const auto* counts = reinterpret_cast<const uint8_t*>(payload.data()) + i + 1;
    (value(i) >> 4 == 0 ? dc_ : ac_)[value(i) & 15] = JpegCode(counts, counts + 16);
    i += 17 + words;
  }
  keep(marker, payload);
}

// Of all that programs leave in a file, what says how its colours are coded is kept, and how it lies.
void Walk::read_application_data(uint8_t marker, std::string_view payload) {
  if ((marker == app0 && payload.starts_with(std::string_view("JFIF\0", 5))) ||
      (marker == app14 && payload.size() >= 12 && payload.starts_with(std::string_view("Adobe\0", 6))))
    keep(marker, payload);
  constexpr std::string_view exif("Exif\0\0", 6);
  if (marker == app1 && result_.exif.empty() && payload.starts_with(exif))
    result_.exif = payload.substr(exif.size());
}

void Walk::read_frame(uint8_t marker, std::string_view payload) {
  if (framed_) damaged("it has a second frame header");
  const auto value = [&](size_t i) { return static_cast<int>(static_cast<uint8_t>(payload[i])); };
  if (payload.size() < 6) damaged("its frame header is too short");
  if (value(0) != 8) unsupported("it has " + std::to_string(value(0)) + " bits of a colour, expected 8");
  result_.height = value(1) << 8 | value(2), result_.width = value(3) << 8 | value(4);
  result_.components = value(5);
  if (result_.height == 0) unsupported("its height is left open");
  const int n = result_.components;
  if (n != 1 && n != 3 && n != 4) unsupported("it has " + std::to_string(n) + " colours, expected 1, 3 or 4");
  if (payload.size() != static_cast<size_t>(6 + 3 * n)) damaged("its frame header is of a wrong length");
  check_image_size(result_.width, result_.height, n == 1 ? 1 : 3);

  int h_most = 1, v_most = 1;
  for (int i = 0; i < n; ++i) {
    Component c;
    c.id = value(static_cast<size_t>(6 + 3 * i));
    const int sampling = value(static_cast<size_t>(7 + 3 * i));
    c.h = sampling >> 4, c.v = sampling & 15;
    c.quantisation = value(static_cast<size_t>(8 + 3 * i));
    if (c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 || c.quantisation > 3)
      damaged("its frame header names sampling factors or tables that do not exist");
    for (const Component& other : components_)
      if (other.id == c.id) damaged("two of its colours have the same name");
    h_most = std::max(h_most, c.h), v_most = std::max(v_most, c.v);
    c.bits_to_come.fill(-1);
    components_.push_back(std::move(c));
  }
  const auto over = [](int64_t a, int64_t b) { return (a + b - 1) / b; };
  units_wide_ = over(result_.width, 8 * h_most), units_high_ = over(result_.height, 8 * v_most);
  for (Component& c : components_) {
    if (h_most % c.h != 0 || v_most % c.v != 0)
      unsupported("its colours are sampled at a ratio that is not whole");
    c.blocks_wide = over(over(result_.width * c.h, h_most), 8);
    c.blocks_high = over(over(result_.height * c.v, v_most), 8);
    c.padded_wide = units_wide_ * c.h, c.padded_high = units_high_ * c.v;
  }
  framed_ = true, progressive_ = marker == sof2;
  keep(marker, payload);
}

Scan Walk::scan_of(std::string_view payload) const {
  const auto value = [&](size_t i) { return static_cast<int>(static_cast<uint8_t>(payload[i])); };
  const size_t n = payload.empty() ? 0 : static_cast<size_t>(value(0));
  if (n < 1 || n > components_.size() || payload.size() != 4 + 2 * n)
    damaged("it has an impossible scan header");
  Scan scan;
  for (size_t i = 0; i < n; ++i) {
    const int id = value(1 + 2 * i), codes = value(2 + 2 * i);
    size_t k = 0;
    while (k < components_.size() && components_[k].id != id) ++k;
    if (k == components_.size()) damaged("a scan is of a colour that its frame does not have");
    for (const Scan::Part& other : scan.parts)
      if (other.component == k) damaged("a scan names a colour twice");
    if (codes >> 4 > 3 || (codes & 15) > 3) damaged("a scan names a Huffman table that does not exist");
    if (!quantisation_[static_cast<size_t>(components_[k].quantisation)])
      damaged("it lacks a quantisation table");
    scan.parts.push_back({k, codes >> 4, codes & 15});
  }
  scan.first = value(1 + 2 * n), scan.last = value(2 + 2 * n);
  scan.high = value(3 + 2 * n) >> 4, scan.low = value(3 + 2 * n) & 15;
  if (!progressive_) {
    if (scan.first != 0 || scan.high != 0 || scan.low != 0) damaged("it has an impossible scan header");
    scan.last = 63;  // 0 in files of some cameras
  }
  return scan;
}

// Each coefficient comes once, the first of a block before the others, and bit by bit from above (annex G).
void Walk::check_order(const Scan& scan) {
  for (const Scan::Part& part : scan.parts) {
    Component& c = components_[part.component];
    if (!progressive_) {
      if (c.complete) damaged("it has two scans of the same colour");
      if (!dc_[static_cast<size_t>(part.dc)] || !ac_[static_cast<size_t>(part.ac)])
        damaged("a scan uses a Huffman table that the file does not hold");
      continue;
    }
    const bool dc = scan.first == 0;
    if (dc ? scan.last != 0 : scan.parts.size() != 1 || scan.last < scan.first || scan.last > 63)
      damaged("it has an impossible scan header");
    if (scan.low > 13 || (scan.high != 0 && scan.high != scan.low + 1))
      damaged("it has an impossible scan header");
    if (!dc && c.bits_to_come[0] < 0) damaged("its scans are out of order");
    for (int k = scan.first; k <= scan.last; ++k)
      if (int& bits = c.bits_to_come[static_cast<size_t>(k)]; bits != (scan.high == 0 ? -1 : scan.high))
        damaged("its scans are out of order");
      else
        bits = scan.low;
    const bool needs_code = !dc || scan.high == 0;
    if (needs_code && !(dc ? dc_[static_cast<size_t>(part.dc)] : ac_[static_cast<size_t>(part.ac)]))
      damaged("a scan uses a Huffman table that the file does not hold");
  }
}

// Calls block(part, index of the block in its component) for every block of the scan, in order (A.2), and takes the
// restart markers between them.
template <class Block>
void Walk::for_each_block(const Scan& scan, JpegBits& bits, Block block) {
  const bool alone = scan.parts.size() == 1;
  const Component& only = components_[scan.parts[0].component];
  const int64_t wide = alone ? only.blocks_wide : units_wide_, high = alone ? only.blocks_high : units_high_;
  int64_t to_go = restart_interval_;
  skip_blocks_ = 0;
  for (int64_t y = 0; y < high; ++y) {
    engine::check_stop();
    for (int64_t x = 0; x < wide; ++x) {
      if (restart_interval_ > 0 && to_go-- == 0) {
        if (!bits.restart()) bits.finish(), bits.skip(1);  // says how the data end
        to_go = restart_interval_ - 1, skip_blocks_ = 0;
      }
      for (const Scan::Part& part : scan.parts) {
        const Component& c = components_[part.component];
        if (alone) {
          block(part, y * c.padded_wide + x);
          continue;
        }
        for (int64_t row = 0; row < c.v; ++row)
          for (int64_t column = 0; column < c.h; ++column)
            block(part, (y * c.v + row) * c.padded_wide + x * c.h + column);
      }
    }
  }
}

void take_dc(const JpegCode& dc, JpegBits& bits) {
  const int size = dc.next(bits);
  if (size > 15) damaged("its pixels hold a number that is too large");
  bits.take(size);
}

void Walk::sequential_block(const JpegCode& dc, const JpegCode& ac, JpegBits& bits) const {
  take_dc(dc, bits);
  for (int k = 1; k < 64;) {
    const int symbol = ac.next(bits), run = symbol >> 4, size = symbol & 15;
    if (size == 0) {
      if (run != 15) return;
      k += 16;
      continue;
    }
    k += run + 1;
    if (k > 64) damaged("a block of its pixels goes on beyond its end");
    bits.take(size);
  }
}

// Section G.1.2.2.
void Walk::first_ac(const Scan& scan, const JpegCode& ac, uint64_t& set, JpegBits& bits) {
  if (skip_blocks_ > 0) {
    --skip_blocks_;
    return;
  }
  for (int k = scan.first; k <= scan.last;) {
    const int symbol = ac.next(bits), run = symbol >> 4, size = symbol & 15;
    if (size == 0 && run < 15) {
      skip_blocks_ = (int64_t{1} << run) + bits.take(run) - 1;
      return;
    }
    k += run;
    if (size > 0) {
      if (k > scan.last) damaged("a block of its pixels goes on beyond its end");
      if (size + scan.low > 15) damaged("its pixels hold a number that is too large");
      bits.take(size);
      set |= uint64_t{1} << k;
    }
    ++k;
  }
}

// Section G.1.2.3: one more bit of every coefficient that is no longer 0, and those that cease to be.
void Walk::refine_ac(const Scan& scan, const JpegCode& ac, uint64_t& set, JpegBits& bits) {
  const auto is_set = [&](int k) { return (set >> k & 1) != 0; };
  if (skip_blocks_ > 0) {
    --skip_blocks_;
    const uint64_t band = (~uint64_t{0} >> (63 - scan.last)) & ~uint64_t{0} << scan.first;
    for (int left = std::popcount(set & band); left > 0; left -= 16) bits.take(std::min(left, 16));
    return;
  }
  for (int k = scan.first; k <= scan.last;) {
    const int symbol = ac.next(bits), size = symbol & 15;
    int run = symbol >> 4;
    if (size == 0 && run < 15) {
      skip_blocks_ = (int64_t{1} << run) + bits.take(run) - 1;
      for (; k <= scan.last; ++k)
        if (is_set(k)) bits.take(1);
      return;
    }
    if (size > 1) damaged("its pixels hold a number that is too large");
    if (size == 1) bits.take(1);  // its sign
    for (; k <= scan.last && (is_set(k) || run > 0); ++k)
      is_set(k) ? static_cast<void>(bits.take(1)) : void(--run);
    if (k > scan.last && (size == 1 || run > 0)) damaged("a block of its pixels goes on beyond its end");
    if (size == 1) set |= uint64_t{1} << k;
    ++k;
  }
}

void Walk::read_scan(const Scan& scan) {
  JpegBits bits(contents_, at_, result_.clean);
  const bool dc = scan.first == 0;
  if (!progressive_) {
    for_each_block(scan, bits, [&](const Scan::Part& part, int64_t) {
      sequential_block(dc_[static_cast<size_t>(part.dc)], ac_[static_cast<size_t>(part.ac)], bits);
    });
    for (const Scan::Part& part : scan.parts) components_[part.component].complete = true;
  } else if (dc) {
    for_each_block(scan, bits, [&](const Scan::Part& part, int64_t) {
      scan.high == 0 ? take_dc(dc_[static_cast<size_t>(part.dc)], bits) : void(bits.take(1));
    });
  } else {
    Component& c = components_[scan.parts[0].component];
    c.set.resize(static_cast<size_t>(c.padded_wide * c.padded_high));
    const JpegCode& ac = ac_[static_cast<size_t>(scan.parts[0].ac)];
    for_each_block(scan, bits, [&](const Scan::Part&, int64_t i) {
      uint64_t& set = c.set[static_cast<size_t>(i)];
      scan.high == 0 ? first_ac(scan, ac, set, bits) : refine_ac(scan, ac, set, bits);
    });
  }
  at_ = bits.finish();
}

bool Walk::whole() const {
  return framed_ && std::all_of(components_.begin(), components_.end(), [&](const Component& c) {
           return progressive_ ? std::all_of(c.bits_to_come.begin(), c.bits_to_come.end(),
                                             [](int b) { return b == 0; })
                               : c.complete;
         });
}

JpegStructure Walk::structure() {
  if (next_marker() != soi) damaged("it has no start marker");
  result_.clean = "\xff\xd8";
  while (!whole()) {
    const int next = next_marker();
    const auto marker = static_cast<uint8_t>(next);
    if (next < 0)
      throw std::runtime_error("is truncated: it ends before its pixels are all there; copy it again");
    if (marker == tem || (marker >= rst0 && marker <= rst7)) continue;  // they stand alone
    if (marker == eoi) break;
    if (!has_segment(marker))
      damaged("at byte " + std::to_string(at_ - 2) + " stands a marker that has no place there");
    const std::string_view payload = segment(marker);
    if (marker == dht || marker == dqt || marker == dri) {
      read_tables(marker, payload);
    } else if (marker >= app0 && marker <= app15) {
      read_application_data(marker, payload);
    } else if (marker >= sof0 && marker <= sof2) {
      read_frame(marker, payload);
    } else if (marker == sos) {
      if (!framed_) damaged("its pixels come before its frame header");
      // More than any encoder makes; each goes over all blocks, whatever it holds.
      constexpr int most_scans = 100;
      if (++scans_ > most_scans) damaged("it has more than " + std::to_string(most_scans) + " scans");
      const Scan scan = scan_of(payload);
      check_order(scan);
      keep(marker, payload);
      read_scan(scan);
    } else if (marker == dnl) {
      if (!framed_ || payload.size() != 2 ||
          (static_cast<uint8_t>(payload[0]) << 8 | static_cast<uint8_t>(payload[1])) != result_.height)
        damaged("it says two different heights");
    } else if (marker != com) {
      unsupported(marker > jpg && marker <= 0xcf ? "it is coded arithmetically"
                                                 : "it is lossless or hierarchical");
    }
  }
  if (!framed_) damaged("it has no frame header");
  for (const Component& c : components_)
    if (progressive_ ? c.bits_to_come[0] < 0 : !c.complete)
      damaged("the pixels of one of its colours are missing");
  result_.clean += "\xff\xd9";
  return std::move(result_);
}

}  // namespace

JpegStructure jpeg_structure(std::string_view contents) { return Walk(contents).structure(); }

}  // namespace datasets
