#include "tools/run/standard_output.h"

#include <iostream>
#include <mutex>
#include <stdexcept>
#include <streambuf>
#include <string>
#include <string_view>
#include <utility>

#include "engine/files/atomic_file.h"
#include "engine/system/process.h"

namespace tools {

struct StandardOutput::Buffer : std::streambuf {
  int_type overflow(int_type c) override {
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    const char one = traits_type::to_char_type(c);
    xsputn(&one, 1);
    return c;
  }
  std::streamsize xsputn(const char* bytes, std::streamsize count) override {
    constexpr size_t enough = size_t{64} << 10;
    const std::lock_guard lock(mutex);
    const std::string_view text(bytes, static_cast<size_t>(count));
    gathered += text;
    if (gathered.size() >= enough || (is_shown && text.find('\n') != std::string_view::npos)) hand_on();
    return count;
  }
  int sync() override {  // also from other threads that write to std::cerr
    const std::lock_guard lock(mutex);
    hand_on();
    return 0;
  }
  void hand_on() {
    if (gathered.empty()) return;
    try {
      if (engine::write_all(engine::system::standard_output, std::exchange(gathered, {})) != 0)
        throw std::runtime_error("the results cannot be written to standard output");
    } catch (...) {
      std::cerr.tie(nullptr);  // what is said of it shall not fail for it again
      throw;
    }
  }

  const bool is_shown = engine::system::is_terminal(engine::system::standard_output);
  std::mutex mutex;
  std::string gathered;
};

struct StandardOutput::Before {
  std::streambuf* buffer;
  std::ios::iostate thrown_for;
  std::ostream* tied;
};

// What the buffer throws is thrown on by a stream that throws for badbit, as it is.
StandardOutput::StandardOutput() : buffer_(std::make_unique<Buffer>()) {
  std::cout.flush();
  before_ = std::make_unique<Before>(
      Before{std::cout.rdbuf(buffer_.get()), std::cout.exceptions(), std::cerr.tie()});
  std::cout.exceptions(std::ios::badbit);
}

StandardOutput::~StandardOutput() {
  try {
    buffer_->sync();  // what a command wrote before it failed
  } catch (...) {
  }
  std::cout.exceptions(std::ios::goodbit);
  std::cout.rdbuf(before_->buffer);  // and its state is good again
  std::cout.exceptions(before_->thrown_for);
  std::cerr.tie(before_->tied);
}

}  // namespace tools
