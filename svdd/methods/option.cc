#include "svdd/methods/option.h"

#include <algorithm>

#include "engine/files/in_quotes.h"

namespace svdd::option {

double number_in(const std::string& text, const Range& range) {
  const auto value = number_in<double>(text, range.words);
  if (!range.holds(value)) throw BadValue::of(text, range.words);
  return value;
}

Option text(Words words, std::string& target) {
  Option o = row(std::move(words), Option::Kind::text);
  o.set = [&target](const std::string& text) {
    if (text.empty()) throw BadValue("is empty");
    if (!engine::is_utf8(text))
      throw BadValue("is " + engine::in_quotes(text) + ", which is no UTF-8; give it another name");
    target = text;
  };
  o.get = [&target] { return target; };
  return o;
}

Option flag(Words words, bool& target) {
  Option o = row(std::move(words), Option::Kind::flag);
  o.set = [&target](const std::string& text) {
    const bool yes = text == "true" || text == "True";
    if (!yes && text != "false" && text != "False") throw BadValue::of(text, "true or false");
    target = yes;
  };
  o.get = [&target] { return target; };
  return o;
}

Option real(Words words, Range range, double& target) {
  Option o = row(std::move(words), Option::Kind::real);
  o.set = [range = std::move(range), &target](const std::string& text) { target = number_in(text, range); };
  o.get = [&target] { return target; };
  return o;
}

Option list(Words words, ListRule rule, std::vector<int64_t>& target) {
  const std::string expected = std::string(rule.ascending ? "ascending " : "") +
                               "whole numbers from 0 on with commas between them, such as " +
                               (rule.ascending ? "50,100" : "3,0,1") + (rule.may_be_empty ? ", or none" : "");
  Option o = row(std::move(words), Option::Kind::list);
  o.set = [=, &target](const std::string& text) {
    std::vector<int64_t> values;
    const bool none = rule.may_be_empty && text == "none";
    for (size_t begin = 0; !none && begin <= text.size();) {
      const size_t end = std::min(text.find(',', begin), text.size());
      int64_t value = 0;
      const auto [stop, error] = std::from_chars(text.data() + begin, text.data() + end, value);
      if (error != std::errc() || stop != text.data() + end || value < 0) throw BadValue::of(text, expected);
      if (rule.ascending && !values.empty() && value <= values.back()) throw BadValue::of(text, expected);
      values.push_back(value);
      begin = end + 1;
    }
    target = std::move(values);
  };
  o.get = [&target] { return target; };
  return o;
}

}  // namespace svdd::option
