#include "tools/run/progress.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>
#include <utility>
#include <vector>

#include "engine/files/in_quotes.h"
#include "tools/report/svg_chart.h"

namespace tools {
namespace {

constexpr double redraw_seconds = 0.1;
constexpr int longest_bar = 24, shortest_bar = 10;

// One line whatever is in it: a newline or an escape in a name must not break the display.
std::string one_line(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return out;
}

bool starts_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }  // UTF-8

int columns_of(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), starts_character));
}

std::string first_columns(const std::string& text, int columns) {
  size_t end = 0;
  for (int seen = 0; end < text.size(); ++end)
    if (starts_character(text[end]) && ++seen > columns) break;
  return text.substr(0, end);
}

std::string two_digits(int64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); }

std::string clock_text(double seconds) {  // 0:07, 12:34, 1:02:03
  if (!(seconds >= 0) || seconds > 1e9) return "?";
  const int64_t s = std::llround(seconds);
  if (s < 3600) return std::to_string(s / 60) + ':' + two_digits(s % 60);
  return std::to_string(s / 3600) + ':' + two_digits(s / 60 % 60) + ':' + two_digits(s % 60);
}

std::string bar(double share, int width) {
  const int filled = static_cast<int>(std::clamp(share, 0.0, 1.0) * width);
  std::string out;
  for (int i = 0; i < width; ++i) out += i < filled ? "━" : "─";
  return out;
}

std::string parts_in_line(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts)
    if (!part.empty()) out += (out.empty() ? "" : "  ") + part;
  return out;
}

}  // namespace

Progress::Progress(std::ostream& out, Options options) : out_(out), options_(std::move(options)) {
  if (options_.log_file.empty()) return;
  log_.open(options_.log_file, std::ios::app);
  if (!log_)
    throw std::runtime_error(engine::in_quotes(options_.log_file) +
                             " cannot be opened for the log; the folder must exist and be writable");
}

Progress::~Progress() {
  if (drawn_) out_ << std::endl;
}

double Progress::seconds() const {
  if (options_.clock) return options_.clock();
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void Progress::begin(std::string phase, int total, int already) {
  end();
  phase_ = one_line(phase), extra_.clear(), loss_.reset();
  total_ = std::max(0, total);
  already_ = total_ > 0 ? std::clamp(already, 0, total_) : std::max(0, already);
  done_ = written_ = already_;
  began_ = redrawn_ = seconds();
  running_ = true;
  draw();
}

void Progress::step(int done, std::optional<double> loss, std::string_view extra) {
  if (!running_) return;
  const bool first = done_ == already_;
  done_ = total_ > 0 ? std::clamp(done, 0, total_) : std::max(0, done);
  loss_ = loss, extra_ = one_line(extra);
  if (due()) {
    write_plain(plain_line(), !options_.terminal);
    written_ = done_;
  }
  if (first || done_ == total_ || seconds() - redrawn_ >= redraw_seconds) draw();
}

void Progress::end() {
  if (!running_) return;
  if (done_ > written_)
    write_plain(plain_line(), !options_.terminal);  // a phase cut short, or of unknown length
  running_ = false;
  erase();
  const int steps = done_ - already_;
  write_plain(parts_in_line({phase_ + " done",
                             std::to_string(steps) + ' ' + options_.unit + (steps == 1 ? "" : "s") + " in " +
                                 clock_text(seconds() - began_),
                             loss_ ? "loss " + number_text(*loss_, 5) : ""}),
              true);
}

void Progress::note(std::string_view line) {
  erase();
  write_plain(one_line(line), true);
  if (running_) draw();
}

// The first step, each further tenth of the total, and the last.
bool Progress::due() const {
  if (done_ <= written_) return false;
  if (written_ == already_ || done_ == total_) return true;
  if (total_ == 0) return done_ - already_ >= 2 * (written_ - already_);
  return int64_t{10} * done_ / total_ > int64_t{10} * written_ / total_;
}

std::string Progress::pace() const {
  const double rate = (done_ - already_) / (seconds() - began_);
  if (!(rate > 0) || std::isinf(rate)) return "";
  return rate >= 1 ? number_text(rate, 3) + ' ' + options_.unit + "s/s"
                   : number_text(1 / rate, 3) + " s/" + options_.unit;
}

std::string Progress::plain_line() const {
  return parts_in_line(
      {phase_, options_.unit + ' ' + std::to_string(done_) + (total_ > 0 ? '/' + std::to_string(total_) : ""),
       loss_ ? "loss " + number_text(*loss_, 5) : "", extra_, pace(), clock_text(seconds() - began_)});
}

std::string Progress::terminal_line() const {
  const int room = std::max(1, options_.columns - 1);  // a full last column makes some terminals wrap
  const double share = total_ > 0 ? static_cast<double>(done_) / total_ : 0;
  const double elapsed = seconds() - began_;
  const int steps = done_ - already_;
  const std::string time = total_ == 0 ? clock_text(elapsed)
                           : steps > 0 ? clock_text(elapsed / steps * (total_ - done_)) + " left"
                                       : "";
  std::string count = std::to_string(done_);
  if (total_ > 0) {
    const std::string total = std::to_string(total_);
    count.insert(0, total.size() - count.size(), ' ');  // so that what follows stands still
    count += '/' + total;
  }
  std::vector<std::string> parts = {
      phase_, options_.unit + ' ' + count, "", loss_ ? "loss " + number_text(*loss_, 5) : "", extra_, pace(),
      time};
  // Where the line is too long, what matters least goes first: the bar's length, the pace, then `extra`.
  for (const size_t spare : {size_t{5}, size_t{4}}) {
    if (columns_of(parts_in_line(parts)) + 2 + (total_ > 0 ? shortest_bar : 0) > room) parts[spare].clear();
  }
  const int left = room - columns_of(parts_in_line(parts)) - 2;
  if (total_ > 0 && left >= shortest_bar) parts[2] = bar(share, std::min(longest_bar, left));
  return first_columns(parts_in_line(parts), room);
}

void Progress::write_plain(const std::string& line, bool to_stream) {
  if (to_stream && !options_.quiet) out_ << line << std::endl;
  if (log_.is_open()) log_ << line << std::endl;  // flushed: the log is read while the run goes on
}

void Progress::draw() {
  if (!options_.terminal || options_.quiet) return;
  out_ << '\r' << terminal_line() << "\x1b[K" << std::flush;
  drawn_ = true;
  redrawn_ = seconds();
}

void Progress::erase() {
  if (!drawn_) return;
  out_ << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

}  // namespace tools
