// Words, tags and the style sheet of the HTML page.
#pragma once
#include <string>
#include <string_view>

namespace tools::html {

extern const std::string_view page_style;

std::string percent(double fraction, int decimals = 2);  // 92.31 %
std::string duration(double seconds);                    // 12.3 s, 3 min 20 s, 1 h 2 min
std::string display_name(const std::string& name);       // of a method or data set: mnist is MNIST
std::string in_shell(const std::string& word);           // quoted where a shell would split or expand it
std::string base64(std::string_view bytes);              // RFC 4648, section 4

// <name>text</name>, the text escaped. `name` may carry attributes.
std::string tag(std::string_view name, std::string_view text);

// `contents`, HTML as it is, under a caption and a fainter note.
std::string figure(const std::string& contents, const std::string& caption, const std::string& note = "");

}  // namespace tools::html
