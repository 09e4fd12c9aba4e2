// A member of a tar archive as ustar has it.
#pragma once
#include <cstdio>
#include <string>

namespace scratch {

// A header of 512 bytes and the contents, filled up to whole blocks; kind '0' is a file, '2' a link, '5' a
// folder.
inline std::string tar_member(const std::string& name, const std::string& contents, char kind = '0') {
  std::string header(512, '\0');
  const auto put = [&](size_t at, const std::string& text) { header.replace(at, text.size(), text); };
  char digits[13];
  std::snprintf(digits, sizeof(digits), "%011zo", contents.size());
  put(0, name), put(124, digits), put(156, std::string(1, kind)), put(148, "        ");
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  std::snprintf(digits, sizeof(digits), "%06o", sum);
  put(148, std::string(digits) + '\0');
  return header + contents + std::string((512 - contents.size() % 512) % 512, '\0');
}

}  // namespace scratch
