// A long computation's share, told to a fit's monitor now and then.
#pragma once
#include <string>
#include <utility>

#include "svdd/detector.h"
#include "svdd/training/stopwatch.h"

namespace svdd {

// Called with what is being computed and how much of it is done, in [0, 1], it notes that once every ten seconds:
// "FINCH, silhouettes: 40 %". The monitor must outlive it.
class ProgressNotes {
 public:
  ProgressNotes(Monitor& monitor, std::string what) : monitor_(monitor), what_(std::move(what)) {}
  void operator()(std::string_view part, double share) {
    constexpr double often_enough = 10;  // seconds
    if (since_last_.seconds() < often_enough) return;
    since_last_ = Stopwatch();
    monitor_.note(what_ + ", " + std::string(part) + ": " + std::to_string(static_cast<int>(100 * share)) +
                  " %");
  }

 private:
  Monitor& monitor_;
  std::string what_;
  Stopwatch since_last_;
};

}  // namespace svdd
