// How far a long run has come: one line that rewrites itself on a terminal, a few plain lines elsewhere,
// nothing when quiet; and the plain lines in a log file in any case.
//
//   Progress progress(std::cerr, {.terminal = isatty(2) == 1, .log_file = folder / "log.txt"});
//   progress.begin("pretrain", epochs);
//   for (int epoch = 1; epoch <= epochs; ++epoch) progress.step(epoch, loss, "lr 1e-4");
//   progress.end();
#pragma once
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

namespace tools {

class Progress {
 public:
  struct Options {
    bool terminal = false;           // the stream is a terminal: rewrite one line
    bool quiet = false;              // write nothing to the stream
    int columns = 80;                // of the terminal; the line is cut before it would wrap
    std::filesystem::path log_file;  // plain lines are appended here; empty: nowhere
    std::string unit = "epoch";      // what `total` counts
    std::function<double()> clock;   // seconds, for tests; empty: the steady clock
  };

  // The stream must outlive this. Throws std::runtime_error where the log file cannot be opened.
  Progress(std::ostream& out, Options options);
  ~Progress();  // leaves the cursor on a fresh line, so that an error message begins one
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Starts a phase of `total` steps, of which a resumed run has `already` behind it; a total of 0 or less is
  // not known. Ends the phase before.
  void begin(std::string phase, int total, int already = 0);

  // `done` steps are finished. `extra` is shown as it is. Plain lines appear for the first step, about every
  // tenth of the total (every doubling of `done` where that is not known), and the last. No loss, none shown;
  // NaN shows as nan.
  void step(int done, std::optional<double> loss, std::string_view extra = {});

  // Ends the phase with a line of what it took. Without a phase, nothing.
  void end();

  // A line of its own, above the rewritten one.
  void note(std::string_view line);

 private:
  double seconds() const;
  bool due() const;
  std::string pace() const;
  std::string plain_line() const;
  std::string terminal_line() const;
  void write_plain(const std::string& line, bool to_stream);
  void draw();
  void erase();

  std::ostream& out_;
  Options options_;
  std::ofstream log_;

  std::string phase_, extra_;
  std::optional<double> loss_;
  bool running_ = false, drawn_ = false;
  int total_ = 0, already_ = 0, done_ = 0;
  int written_ = 0;                 // the last step that got a plain line
  double began_ = 0, redrawn_ = 0;  // seconds
};

}  // namespace tools
