// One file from the net, through the curl or wget that is installed: no TLS of our own.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

namespace datasets {

// Writes what `url` (https, http, ftp or, with curl, file) gives to `to`, at most `largest` bytes and a few
// more. On failure `to` may hold a part. Throws std::invalid_argument when `url` is no such address,
// std::runtime_error when neither program is installed or the download fails, with the program's last line of
// complaint.
void download(const std::string& url, const std::filesystem::path& to, uint64_t largest);

}  // namespace datasets
