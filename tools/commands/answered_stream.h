// Standard input as the commands answer it (input/score_stream.h), and what they say of it all alike: on standard error what
// the table is taken for and what is passed over, in the end how much of it was answered.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/input/score_stream.h"

namespace tools {

class AnsweredStream {
 public:
  // `shape`: the model's, of a row or an image. Somebody at a terminal is told what is waited for.
  AnsweredStream(const std::vector<int64_t>& shape, const ScoreTable& table, bool quiet);

  // As ScoreStream::next(); what the table is taken for and what its rows show is said before. std::runtime_error where
  // there is nothing at all.
  std::optional<ScoreStream::Piece> next();
  bool is_at_first() const { return answered_ + passed_over_ + dropped_ == 0; }  // nothing is counted yet

  void add_answered(int64_t samples) { answered_ += samples; }
  int64_t answered() const { return answered_; }
  void pass_over(const ScoreStream::Piece& piece);  // what comes after its samples and is none
  void pass_over(const std::string& why);           // a sample that was read and has no answer

  // While an engine::Stopped is caught: throws it on, as StoppedWithWorkKept where samples were answered.
  [[noreturn]] void rethrow_with_count() const;
  // At the end: says how many rows were dropped, and throws std::runtime_error where samples were passed over: "2 of the 5 samples could
  // not be `done`; all others `others`".
  void conclude(const std::string& done, const std::string& others) const;

 private:
  ScoreStream stream_;
  bool quiet_, told_notes_;
  int64_t answered_ = 0, passed_over_ = 0, dropped_ = 0;
};

}  // namespace tools
