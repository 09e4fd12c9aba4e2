#include "tools/input/line_input.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "engine/stopping.h"
#include "engine/system/files.h"

namespace tools {

namespace {

constexpr size_t block_bytes = size_t{1} << 16, most_line_bytes = size_t{16} << 20;

}  // namespace

bool LineInput::has_line() {
  if (after_cr_ && position_ < buffer_.size()) {  // the second half of a CRLF
    if (buffer_[position_] == '\n') ++position_;
    after_cr_ = false;
  }
  const size_t end = buffer_.find_first_of("\r\n", std::max(position_, searched_));
  searched_ = end == std::string::npos ? buffer_.size() : end;
  return end != std::string::npos;
}

void LineInput::read_block() {
  buffer_.erase(0, position_);
  searched_ -= std::min(searched_, position_);
  position_ = 0;
  if (buffer_.size() > most_line_bytes)
    throw std::runtime_error(source_ + ", line " + std::to_string(number_ + 1) +
                             " does not end within 16 MiB: it is no text of lines");
  const size_t there = buffer_.size();
  buffer_.resize(there + block_bytes);
  for (;;) {
    engine::check_stop();
    const int64_t count = engine::system::read(descriptor_, buffer_.data() + there, block_bytes);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) {
      // A pipe that somebody else made non-blocking.
      if (errno == EAGAIN) engine::system::wait_for_bytes(descriptor_, 100);
      continue;
    }
    if (count < 0) throw std::runtime_error(source_ + " cannot be read: " + std::strerror(errno));
    buffer_.resize(there + static_cast<size_t>(count));
    at_end_ = count == 0;
    return;
  }
}

bool LineInput::next(std::string& line) {
  while (!has_line() && !at_end_) read_block();
  if (position_ == buffer_.size() && at_end_) return false;
  const size_t end = std::min(buffer_.find_first_of("\r\n", std::max(position_, searched_)), buffer_.size());
  line.assign(buffer_, position_, end - position_);
  after_cr_ = end < buffer_.size() && buffer_[end] == '\r';
  position_ = std::min(end + 1, buffer_.size());
  ++number_;
  return true;
}

bool LineInput::ready() {
  while (!has_line() && !at_end_) {
    if (!engine::system::wait_for_bytes(descriptor_, 0)) return false;
    read_block();
  }
  return true;
}

}  // namespace tools
