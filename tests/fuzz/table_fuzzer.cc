// libFuzzer's entry to the reader of text tables (datasets/text_table.h). The first byte says how it is asked.
#include <cstdint>
#include <stdexcept>
#include <string>

#include "datasets/table.h"
#include "datasets/text_table.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  datasets::TableOptions options;
  options.missing = data[0] % 3 == 0   ? datasets::Missing::refuse
                    : data[0] % 3 == 1 ? datasets::Missing::median
                                       : datasets::Missing::drop;
  if (data[0] & 4) options.label_column = "none";
  if (data[0] & 8) options.header = (data[0] & 16) != 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    const datasets::Table table = datasets::parse_text_table(text, "fuzz.csv", options);
    datasets::TableOptions again{.header = options.header, .form = table.form};
    datasets::parse_text_table(text, "fuzz.csv", again);
  } catch (const std::runtime_error&) {
  } catch (const std::invalid_argument&) {
  }
  return 0;
}
