#include "svdd/networks/network_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>

#include "datasets/samples.h"
#include "engine/files/in_quotes.h"

namespace svdd {
namespace {

using engine::in_quotes;
using engine::LayerDescription;
using engine::LayerKind;
using Line = NetworkText::Line;

constexpr size_t most_text = size_t{1} << 20;  // characters
constexpr size_t most_lines = 4096, most_layers = 4096;

[[noreturn]] void wrong(const std::string& what) { throw std::invalid_argument(what); }

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

// The first word, and what comes after it.
std::pair<std::string_view, std::string_view> first_word(std::string_view text) {
  const size_t end = std::min(text.find_first_of(" \t"), text.size());
  return {text.substr(0, end), trimmed(text.substr(end))};
}

std::vector<std::string_view> words_in(std::string_view text) {
  std::vector<std::string_view> words;
  for (text = trimmed(text); !text.empty();) {
    const auto [word, rest] = first_word(text);
    words.push_back(word);
    text = rest;
  }
  return words;
}

std::optional<int64_t> whole_number(std::string_view word) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return error == std::errc() && end == word.data() + word.size() && !word.empty() ? std::optional(value)
                                                                                   : std::nullopt;
}

std::vector<std::string_view> parted(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(by, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::optional<std::vector<int64_t>> shape_in(std::string_view word) {
  auto shape = engine::extents_in(word);
  return shape && (shape->size() == 1 || shape->size() == 3) ? shape : std::nullopt;
}

// ---- reading the text

constexpr std::array<std::string_view, 6> header_words{"network", "input", "rep_dim",
                                                       "widths",  "start", "allow_bias"};

class Parser {
 public:
  NetworkText parse(std::string_view text) {
    if (text.size() > most_text) wrong("a network's text of more than a million characters");
    if (text.find('\0') != std::string_view::npos) wrong("it holds zero bytes, and so is no text");
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    // Lines end with LF, CRLF or CR.
    std::string plain(text);
    for (size_t i = 0; i < plain.size(); ++i)
      if (plain[i] == '\r') plain[i] = i + 1 < plain.size() && plain[i + 1] == '\n' ? ' ' : '\n';
    const bool in_one_line = plain.find('\n') >= plain.find_last_not_of(" \t\n");
    size_t number = 0, part = 0, items = 0;
    for (const std::string_view line : parted(plain, '\n')) {
      ++number;
      for (const std::string_view item : parted(line.substr(0, line.find('#')), ',')) {
        const std::string_view words = trimmed(item);
        if (words.empty()) continue;
        if (++items > most_lines)
          wrong("a network's text of more than " + std::to_string(most_lines) + " lines");
        if (first_word(words).first != "network") ++part;  // a name is set before what somebody wrote
        const std::string place =
            in_one_line ? "part " + std::to_string(part) : "line " + std::to_string(number);
        try {
          take(words, place);
        } catch (const std::invalid_argument& error) {
          wrong(place + ": " + error.what());
        }
      }
    }
    if (text_.encoder.empty()) wrong("it names no layer");
    if (open_) wrong("'for each width' has no 'end'");
    return std::move(text_);
  }

 private:
  void take(std::string_view words, const std::string& place) {
    const auto [first, rest] = first_word(words);
    if (first == "encoder" || first == "decoder") return section(first, rest);
    if (first == "for") return loop(rest, place);
    if (first == "end") return end(rest, place);
    const bool is_header = std::find(header_words.begin(), header_words.end(), first) != header_words.end();
    if (!is_header) return layer(words, place);
    if (in_layers_) wrong("'" + std::string(first) + "' must stand before the layers");
    if (!seen_.insert(std::string(first)).second) wrong("'" + std::string(first) + "' is said twice");
    header(first, rest);
  }

  void section(std::string_view name, std::string_view rest) {
    if (!rest.empty()) wrong("after '" + std::string(name) + "' comes a new line, found " + in_quotes(rest));
    if (open_) wrong("'for each width' has no 'end' before this");
    if (name == "encoder" && in_layers_) wrong("the encoder stands first, and once");
    if (name == "decoder" && text_.has_decoder) wrong("the decoder begins twice");
    in_layers_ = true;
    if (name == "decoder") text_.has_decoder = true;
  }

  void loop(std::string_view rest, const std::string& place) {
    const auto words = words_in(rest);
    const bool plain = words == std::vector<std::string_view>{"each", "width"};
    if (!plain && words != std::vector<std::string_view>{"each", "width", "backwards"})
      wrong("expected 'for each width' or 'for each width backwards'");
    if (open_) wrong("one 'for each width' stands within another");
    open_ = true;
    half().push_back({.kind = plain ? Line::Kind::for_each : Line::Kind::for_each_backwards, .place = place});
  }
  void end(std::string_view rest, const std::string& place) {
    if (!rest.empty()) wrong("after 'end' comes a new line, found " + in_quotes(rest));
    if (!open_) wrong("this 'end' ends nothing");
    open_ = false;
    half().push_back({.kind = Line::Kind::end, .place = place});
  }

  void header(std::string_view key, std::string_view rest) {
    if (key == "network") {
      if (rest.empty() || rest.find_first_of(" \t\"\\") != std::string_view::npos)
        wrong("a network's name is one word, found " + in_quotes(rest));
      text_.info.name = rest;
    } else if (key == "input") {
      const auto shape = shape_in(rest);
      if (!shape && rest != "any")
        wrong("input is " + in_quotes(rest) + "; expected CxHxW of images such as 3x64x64, a number, or any");
      text_.info.input = shape.value_or(std::vector<int64_t>{});
    } else if (key == "rep_dim") {
      text_.info.rep_dim = whole_number(rest).value_or(0);
      if (text_.info.rep_dim < 1) wrong("rep_dim is " + in_quotes(rest) + "; expected a number from 1 on");
    } else if (key == "widths") {
      if (rest.empty()) wrong("widths names no number; expected such as 'widths 256 128 64'");
      for (const std::string_view word : words_in(rest)) {
        text_.info.widths.push_back(whole_number(word).value_or(0));
        if (text_.info.widths.back() < 1)
          wrong("a width is " + in_quotes(word) + "; expected a number from 1 on");
      }
    } else if (key == "start") {
      try {
        text_.info.start = initialisation_names.named(rest);
      } catch (const std::invalid_argument& problem) {
        wrong(problem.what());
      }
    } else if (key == "allow_bias") {
      if (!rest.empty()) wrong("allow_bias stands alone");
      text_.allow_bias = true;
    }
  }

  void layer(std::string_view words, const std::string& place) {
    in_layers_ = true;
    Line line{.place = place};
    if (const size_t colon = words.find(':'); colon != std::string_view::npos) {
      line.name = trimmed(words.substr(0, colon));
      words = trimmed(words.substr(colon + 1));
      if (line.name.empty() || line.name.find_first_of(" \t\"\\/") != std::string::npos)
        wrong("a layer's name is one word before the colon, found " + in_quotes(line.name));
    }
    const auto [operation, rest] = first_word(words);
    const auto& known = engine::operations();
    if (std::find(known.begin(), known.end(), operation) == known.end()) {
      std::string list;
      for (const std::string_view name : known) list += (list.empty() ? "" : ", ") + std::string(name);
      wrong("there is no operation " + in_quotes(operation) + "; there are " + list);
    }
    line.words = words;
    half().push_back(std::move(line));
  }

  std::vector<Line>& half() {
    in_layers_ = true;
    return text_.has_decoder ? text_.decoder : text_.encoder;
  }

  NetworkText text_;
  bool in_layers_ = false, open_ = false;
  std::set<std::string> seen_;  // of the words before the layers
};

// ---- numbers in the place of words

class Numbers {
 public:
  explicit Numbers(const Sizes& sizes) : sizes_(sizes) {}
  void set_width(std::optional<int64_t> width) { width_ = width; }

  std::string in(std::string_view words) const {
    std::string with_numbers;
    for (const std::string_view word : words_in(words))
      with_numbers += (with_numbers.empty() ? "" : " ") + of(word);
    return with_numbers;
  }

 private:
  std::string of(std::string_view word) const {
    if (word == "input") return datasets::shape_text(sizes_.input);
    const auto factors = parted(word, 'x');
    if (std::none_of(factors.begin(), factors.end(), is_name)) return std::string(word);
    std::string numbers;
    for (const std::string_view factor : factors)
      numbers += (numbers.empty() ? "" : "x") +
                 (is_name(factor) ? std::to_string(value(factor)) : std::string(factor));
    return numbers;
  }

  static bool is_name(std::string_view factor) {
    return factor.starts_with("rep_dim") || factor.starts_with("width");
  }

  int64_t value(std::string_view factor) const {
    const size_t slash = std::min(factor.find('/'), factor.size());
    const std::string_view name = factor.substr(0, slash);
    const int64_t number = named(name);
    if (slash == factor.size()) return number;
    const auto divisor = whole_number(factor.substr(slash + 1));
    if (!divisor || *divisor < 1) wrong(in_quotes(factor) + " is no division by a number");
    if (number % *divisor != 0)
      wrong(std::string(name) + " must be a multiple of " + std::to_string(*divisor) + "; found " +
            std::to_string(number));
    return number / *divisor;
  }

  int64_t named(std::string_view name) const {
    if (name == "rep_dim") {
      if (sizes_.rep_dim < 1) wrong("rep_dim is not known; give it a line, such as rep_dim 32");
      return sizes_.rep_dim;
    }
    if (name == "width") {
      if (!width_) wrong("'width' means something within 'for each width' only");
      return *width_;
    }
    const auto number = whole_number(name.substr(std::string_view("width").size()));
    if (!name.starts_with("width") || !number || *number < 1) wrong(in_quotes(name) + " is no number");
    if (static_cast<size_t>(*number) > sizes_.widths.size())
      wrong(in_quotes(name) + ": there are " + std::to_string(sizes_.widths.size()) + " widths");
    return sizes_.widths[static_cast<size_t>(*number) - 1];
  }

  const Sizes& sizes_;
  std::optional<int64_t> width_;
};

// "fc1+" as "fc1", then "fc2", …
class NamesThatCount {
 public:
  std::string next(const std::string& name) {
    if (!name.ends_with('+')) return name;
    const std::string_view stem(name.data(), name.size() - 1);
    const size_t digits = stem.find_last_not_of("0123456789") + 1;
    const std::string base(stem.substr(0, digits));
    if (const auto first = whole_number(stem.substr(digits))) count_[base] = *first;
    return base + std::to_string(count_.try_emplace(base, 1).first->second++);
  }

  // Counts on where a loop comes round again: "fc1+" in its second turn is not fc1.
  std::string next_in_loop(const std::string& name, bool first_turn) {
    if (first_turn || !name.ends_with('+')) return next(name);
    const std::string_view stem(name.data(), name.size() - 1);
    return next(std::string(stem.substr(0, stem.find_last_not_of("0123456789") + 1)) + "+");
  }

 private:
  std::map<std::string, int64_t> count_;
};

}  // namespace

NetworkText parse_network(std::string_view text) { return Parser().parse(text); }

std::vector<LayerDescription> layers_of(const std::vector<Line>& lines, const Sizes& sizes) {
  std::vector<LayerDescription> layers;
  Numbers numbers(sizes);
  NamesThatCount names;
  const auto add = [&](const Line& line, bool first_turn) {
    if (layers.size() >= most_layers) wrong("more than " + std::to_string(most_layers) + " layers");
    try {
      LayerDescription layer = engine::layer_of(numbers.in(line.words));
      layer.name = names.next_in_loop(line.name, first_turn);
      layer.where = line.place;
      if (!layer.name.empty() && !has_state(layer.kind))
        wrong("the name '" + layer.name + "' is for layers with a state");
      layers.push_back(std::move(layer));
    } catch (const std::invalid_argument& error) {
      wrong(line.place + ", " + line.words + ": " + error.what());
    }
  };
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].kind == Line::Kind::layer) {
      add(lines[i], true);
      continue;
    }
    const auto is_end = [](const Line& line) { return line.kind == Line::Kind::end; };
    const size_t end = static_cast<size_t>(
        std::find_if(lines.begin() + static_cast<std::ptrdiff_t>(i), lines.end(), is_end) - lines.begin());
    std::vector<int64_t> widths = sizes.widths;
    if (lines[i].kind == Line::Kind::for_each_backwards) std::reverse(widths.begin(), widths.end());
    for (size_t turn = 0; turn < widths.size(); ++turn) {
      numbers.set_width(widths[turn]);
      for (size_t k = i + 1; k < end; ++k) add(lines[k], turn == 0);
    }
    numbers.set_width({});
    i = end;
  }
  return layers;
}

}  // namespace svdd
