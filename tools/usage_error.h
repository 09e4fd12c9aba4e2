// A mistake in the command line or in the --config file it names: exit status 2. Everything else that goes
// wrong (files, data, models) is another std::exception and gives 1.
#pragma once
#include <stdexcept>

namespace tools {

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace tools
