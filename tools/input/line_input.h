// Lines as they come over a pipe, from a terminal or out of a file.
#pragma once
#include <cstdint>
#include <string>

namespace tools {

class LineInput {
 public:
  // `descriptor` is not closed; `source` names it in messages.
  LineInput(int descriptor, std::string source) : descriptor_(descriptor), source_(std::move(source)) {}

  // Waits for the next line and puts it, without its end (LF, CRLF or CR), in place of `line`; false at the end of the input.
  // Throws engine::Stopped where a signal asks for it, std::runtime_error for a line of more than 16 MiB and where
  // reading fails.
  bool next(std::string& line);
  // Whether next() would return at once.
  bool ready();
  int64_t number() const { return number_; }  // of the line that next() gave last, counted from 1
  const std::string& source() const { return source_; }

 private:
  bool has_line();
  void read_block();

  int descriptor_;
  std::string source_;
  std::string buffer_;
  size_t position_ = 0, searched_ = 0;  // of the next line; up to where there is no line's end
  bool at_end_ = false, after_cr_ = false;
  int64_t number_ = 0;
};

}  // namespace tools
