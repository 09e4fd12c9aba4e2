// Words, tags and the style sheet of the HTML page.
#pragma once
#include <string>
#include <string_view>

namespace tools::html {

extern const std::string_view page_style;

std::string percent(double fraction, int decimals = 2);  // 92.31 %
std::string short_rate(double fraction);                 // 5 %, 0.1 %: as many digits as it has
std::string duration(double seconds);                    // 12.3 s, 3 min 20 s, 1 h 2 min
std::string display_name(const std::string& name);       // of a method or data set: mnist is MNIST
std::string in_shell(const std::string& word);           // quoted where a shell would split or expand it
std::string base64(std::string_view bytes);              // RFC 4648, section 4

// A whole page: `body`, HTML as it is, in the one <main>; self-contained, it may load nothing and runs no scripts. `style`: what
// it needs beside page_style and chart_style(). Names of files may hold any bytes, and the page says that it is UTF-8: what is none
// becomes U+FFFD, as in JSON.
std::string document(const std::string& title, const std::string& body, std::string_view style = "");

// `table`, a <table>, on a card that scrolls where it is too wide: by the keyboard, too. `label` is for screen readers.
std::string table_card(const std::string& label, const std::string& table);

// The last part of a path to one's own data; a known set's name is its own.
std::string last_name(const std::string& path);

// <name>text</name>, the text escaped. `name` may carry attributes.
std::string tag(std::string_view name, std::string_view text);

// `contents`, HTML as it is, under a caption and a fainter note.
std::string figure(const std::string& contents, const std::string& caption, const std::string& note = "");

}  // namespace tools::html
