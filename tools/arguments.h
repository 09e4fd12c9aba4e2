// The words of the command line before they are parsed: other spellings made ours, later features refused,
// wrong ones answered with what was probably meant.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/did_you_mean.h"

namespace tools {

// The one name of an option or of a key in a --config file, without leading "--": underscores become hyphens
// ("ae_lr" is "ae-lr"), and the names of the authors' own programs ours ("n_epochs" is "epochs",
// "normal_class" "normal", "lr_milestone" "lr-milestones", "optimizer_name" "optimizer").
std::string option_name(std::string_view spelling);

// Every word that begins with "--" with its option's name in place of the spelling used; what follows a '='
// stays.
std::vector<std::string> with_our_names(std::vector<std::string> words);

// How each option among the words was typed, by its name: "epochs" as "--n_epochs", "pretrain" as "--no-pretrain".
using Spellings = std::map<std::string, std::string>;
Spellings spellings_of(const std::vector<std::string>& words);

// Throws UsageError where an option is given an empty value ("--output ''"), which no option takes.
void refuse_empty_values(const std::vector<std::string>& words);

using engine::did_you_mean;

// "A,B" as its parts, empty ones too: "" is one empty word.
std::vector<std::string> comma_separated(const std::string& list);

// "yes", "no", or nothing for "auto" and an empty word; UsageError naming the option for any other.
std::optional<bool> yes_or_no(const std::string& word, const std::string& option);

}  // namespace tools
