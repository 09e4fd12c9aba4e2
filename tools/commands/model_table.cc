#include "tools/commands/model_table.h"

#include <stdexcept>

#include "datasets/table_form_json.h"
#include "engine/files/in_quotes.h"
#include "engine/files/json_file.h"
#include "svdd/model_folder.h"
#include "tools/usage_error.h"

namespace tools {

std::optional<datasets::TableForm> table_of(const svdd::Detector& detector,
                                            const std::filesystem::path& model) {
  if (detector.remembered() == "null") return std::nullopt;
  datasets::TableForm form;
  const std::vector<int64_t> shape = detector.sample_shape();
  try {
    form = engine::parse_json(detector.remembered()).get<datasets::TableForm>();
    if (shape != std::vector<int64_t>{form.columns})
      throw std::invalid_argument("the table's columns are not as many as the model takes");
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(engine::in_quotes(svdd::model_folder_of(model) / "model.json") + ": " +
                             error.what());
  }
  return form;
}

std::optional<bool> yes_or_no(const std::string& word, const std::string& option) {
  if (word.empty() || word == "auto") return std::nullopt;
  if (word != "yes" && word != "no")
    throw UsageError(option + " is " + engine::in_quotes(word) + "; expected yes, no or auto");
  return word == "yes";
}

}  // namespace tools
