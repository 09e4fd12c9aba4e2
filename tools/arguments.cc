#include "tools/arguments.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "engine/files/in_quotes.h"
#include "tools/usage_error.h"

namespace tools {
namespace {

// Spellings of Deep-SVDD-PyTorch and its descendants (hyphens already in place of underscores), and ours.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> aliases = {{
    {"n-epochs", "epochs"},
    {"ae-n-epochs", "ae-epochs"},
    {"lr-milestone", "lr-milestones"},
    {"ae-lr-milestone", "ae-lr-milestones"},
    {"normal-class", "normal"},
    {"optimizer-name", "optimizer"},
    {"load-config", "config"},
}};

}  // namespace

std::string option_name(std::string_view spelling) {
  std::string name(spelling);
  std::replace(name.begin(), name.end(), '_', '-');
  for (const auto& [theirs, ours] : aliases)
    if (name == theirs) return std::string(ours);
  return name;
}

std::vector<std::string> with_our_names(std::vector<std::string> words) {
  for (std::string& word : words) {
    if (word.size() <= 2 || !word.starts_with("--")) continue;
    const size_t end = std::min(word.find('='), word.size());
    word = "--" + option_name(std::string_view(word).substr(2, end - 2)) + word.substr(end);
  }
  return words;
}

Spellings spellings_of(const std::vector<std::string>& words) {
  Spellings typed;
  for (const std::string& word : words) {
    if (word.size() <= 2 || !word.starts_with("--")) continue;
    const std::string spelling = word.substr(0, word.find('='));
    typed[spelling == "--no-pretrain" || spelling == "--no_pretrain" ? "pretrain"
                                                                     : option_name(spelling.substr(2))] =
        spelling;
  }
  return typed;
}

void refuse_empty_values(const std::vector<std::string>& words) {
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--") return;
    if (words[i].size() <= 2 || !words[i].starts_with("--")) continue;
    const size_t equals = words[i].find('=');
    const bool empty = equals == std::string::npos ? i + 1 < words.size() && words[i + 1].empty()
                                                   : equals + 1 == words[i].size();
    if (empty) throw UsageError(words[i].substr(0, equals) + " is empty");
  }
}

std::vector<std::string> comma_separated(const std::string& list) {
  std::vector<std::string> words;
  for (size_t begin = 0; begin <= list.size();) {
    const size_t end = std::min(list.find(',', begin), list.size());
    words.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

std::optional<bool> yes_or_no(const std::string& word, const std::string& option) {
  if (word.empty() || word == "auto") return std::nullopt;
  if (word != "yes" && word != "no")
    throw UsageError(option + " is " + engine::in_quotes(word) + "; expected yes, no or auto");
  return word == "yes";
}

}  // namespace tools
