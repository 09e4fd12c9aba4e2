#include "tools/commands/answered_stream.h"

#include <iostream>
#include <stdexcept>

#include "engine/system/process.h"
#include "tools/commands/counted.h"
#include "tools/run/stop_signal.h"

namespace tools {

AnsweredStream::AnsweredStream(const std::vector<int64_t>& shape, const ScoreTable& table, bool quiet)
    : stream_(engine::system::standard_input, "standard input", shape, table),
      quiet_(quiet),
      told_notes_(quiet) {
  if (!quiet && engine::system::is_terminal(engine::system::standard_input))
    std::cerr << "reading " << (shape.size() == 1 ? "rows" : "the paths of images, one a line,")
              << " from the terminal; Ctrl-D ends them\n";
}

std::optional<ScoreStream::Piece> AnsweredStream::next() {
  std::optional<ScoreStream::Piece> piece = stream_.next();
  if (!piece) {
    if (is_at_first()) throw std::runtime_error("standard input holds no samples");
    return piece;
  }
  if (!told_notes_ && !stream_.notes().empty()) {
    for (const std::string& line : stream_.notes()) std::cerr << line << '\n';
    told_notes_ = true;
  }
  if (!quiet_)
    for (const std::string& line : piece->remarks) std::cerr << line << '\n';
  return piece;
}

void AnsweredStream::pass_over(const ScoreStream::Piece& piece) {
  if (piece.dropped)
    ++dropped_;
  else
    pass_over(piece.why);
}

void AnsweredStream::pass_over(const std::string& why) {
  ++passed_over_;
  std::cerr << "passed over: " << why << '\n';
}

void AnsweredStream::rethrow_with_count() const {
  if (answered_ == 0) throw;
  throw StoppedWithWorkKept(counted(answered_, "sample") + (answered_ == 1 ? " was" : " were") +
                            " answered before it");
}

void AnsweredStream::conclude(const std::string& done, const std::string& others) const {
  if (dropped_ > 0 && !quiet_)
    std::cerr << counted(dropped_, "row") << " with missing values left out, as in training\n";
  if (passed_over_ == 0) return;
  if (answered_ == 0)
    throw std::runtime_error(passed_over_ == 1 ? "the only sample could not be " + done
                                               : "none of the " + std::to_string(passed_over_) +
                                                     " samples could be " + done);
  throw std::runtime_error(std::to_string(passed_over_) + " of the " +
                           counted(answered_ + passed_over_, "sample") + " could not be " + done +
                           "; all others " + others);
}

}  // namespace tools
