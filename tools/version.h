// `svdd --version`: the version, and what this build and this machine offer.
#pragma once
#include <string>

namespace tools {

std::string version_text();  // a few lines

}  // namespace tools
