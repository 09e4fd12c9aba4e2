#include "datasets/jpeg_codes.h"

#include <algorithm>

namespace datasets {

void JpegBits::fill() {
  while (held_ <= 56 && !at_end_) {
    if (position_ >= contents_.size()) {
      at_end_ = true;
      break;
    }
    const auto byte = static_cast<uint8_t>(contents_[position_]);
    if (byte == 0xff) {
      size_t next = position_ + 1;
      while (next < contents_.size() && contents_[next] == '\xff') ++next;
      if (next >= contents_.size() || contents_[next] != 0) {  // a marker, or the file ends before one
        at_end_ = true;
        break;
      }
      position_ = next + 1;
      clean_ += '\xff';
      clean_ += '\0';
    } else {
      ++position_;
      clean_ += static_cast<char>(byte);
    }
    buffer_ |= uint64_t{byte} << (56 - held_);
    held_ += 8;
  }
}

// Bytes that were read ahead and not looked at do not belong to the clean data.
void JpegBits::drop_unread() {
  for (; held_ >= 8; held_ -= 8) {
    const size_t size = clean_.size();
    clean_.resize(size - (size >= 2 && clean_[size - 1] == 0 && clean_[size - 2] == '\xff' ? 2 : 1));
  }
  held_ = 0, buffer_ = 0;
}

size_t JpegBits::finish() {
  drop_unread();
  // What lies between the last word and the next marker: whatever it is, it is no marker.
  while (!at_end_) {
    position_ = std::min(contents_.find('\xff', position_), contents_.size());
    size_t next = position_;
    while (next < contents_.size() && contents_[next] == '\xff') ++next;
    at_end_ = next >= contents_.size() || contents_[next] != 0;
    if (!at_end_) position_ = next + 1;
  }
  return position_;
}

bool JpegBits::restart() {
  finish();
  size_t marker = position_;
  while (marker < contents_.size() && contents_[marker] == '\xff') ++marker;
  if (marker >= contents_.size()) return false;
  const auto kind = static_cast<uint8_t>(contents_[marker]);
  if (kind < 0xd0 || kind > 0xd7) return false;
  clean_ += '\xff';
  clean_ += static_cast<char>(kind);
  position_ = marker + 1;
  at_end_ = false;
  return true;
}

void JpegBits::end_too_early() const {
  size_t next = position_;
  while (next < contents_.size() && contents_[next] == '\xff') ++next;
  if (next >= contents_.size()) throw JpegBitsEnd("is truncated: it ends within its pixels; copy it again");
  throw JpegBitsEnd("is damaged: its pixels end before they are all there, at byte " +
                    std::to_string(position_) + "; copy it again");
}

JpegCode::JpegCode(const uint8_t* counts, const uint8_t* symbols) : defined_(true) {
  int code = 0, before = 0;
  for (int length = 1; length <= 16; ++length) {
    const int count = counts[length - 1];
    code <<= 1;
    first_code_[static_cast<size_t>(length)] = code, first_symbol_[static_cast<size_t>(length)] = before;
    counts_[static_cast<size_t>(length)] = count;
    if (before + count > 255 || code + count > 1 << length)
      throw std::runtime_error("is damaged: it has an impossible Huffman table");
    for (int i = 0; i < count; ++i) {
      const uint8_t symbol = symbols[before + i];
      symbols_[static_cast<size_t>(before + i)] = symbol;
      if (length > quick) continue;
      const int first = (code + i) << (quick - length);
      for (int at = first; at < first + (1 << (quick - length)); ++at)
        quick_[static_cast<size_t>(at)] = static_cast<uint16_t>(symbol << 4 | length);
    }
    code += count, before += count;
  }
}

int JpegCode::next_long(JpegBits& bits, uint32_t ahead) const {
  for (int length = 1; length <= 16; ++length) {
    const auto at = static_cast<size_t>(length);
    const int index = static_cast<int>(ahead >> (16 - length)) - first_code_[at];
    if (index < 0 || index >= counts_[at]) continue;
    bits.skip(length);
    return symbols_[static_cast<size_t>(first_symbol_[at] + index)];
  }
  bits.skip(16);  // where there are not as many, the data end too early
  throw std::runtime_error("is damaged: its pixels hold a code that stands for nothing; copy it again");
}

}  // namespace datasets
