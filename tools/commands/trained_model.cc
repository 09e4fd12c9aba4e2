#include "tools/commands/trained_model.h"

#include <stdexcept>
#include <string>

#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "svdd/model_folder.h"
#include "tools/run/run_output.h"

namespace tools {

namespace fs = std::filesystem;
using engine::file_exists, engine::in_quotes;

fs::path folder_of_model(const fs::path& named) {
  if (named.filename() != "model.json" || engine::is_folder(named)) return named;
  return named.has_parent_path() ? named.parent_path() : fs::path(".");
}

std::unique_ptr<svdd::Detector> load_model(const fs::path& named, engine::Backend& backend) {
  const fs::path folder = folder_of_model(named);
  if (!file_exists(named))
    throw std::runtime_error("--model: there is no folder " + in_quotes(named) +
                             "; name one that svdd train --out wrote");
  if (!engine::is_folder(folder))
    throw std::runtime_error("--model " + in_quotes(named) +
                             " is a file; name the folder that svdd train --out wrote");
  if (!file_exists(svdd::model_folder_of(folder) / "model.json")) {
    std::string why;
    if (file_exists(folder / checkpoint_name))
      why = "its run is not finished (svdd train --resume --out " + folder.string() + " goes on)";
    else if (file_exists(folder / "config.json") && !file_exists(folder / "results.json"))
      why = "its run was cut short";
    if (const fs::path earlier = folder / earlier_run_name; file_exists(earlier / "model" / "model.json"))
      why += (why.empty() ? "" : "; ") +
             ("the earlier run, which that was to replace, lies whole in " + in_quotes(earlier) +
              ": name that folder with --model, or move it away");
    if (!why.empty()) throw std::runtime_error("no model in " + in_quotes(named) + ": " + why);
  }
  return svdd::load_detector(folder, backend);
}

}  // namespace tools
