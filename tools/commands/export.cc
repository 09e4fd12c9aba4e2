#include "tools/commands/export.h"

#include <filesystem>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <vector>

#include "datasets/samples.h"
#include "engine/backends/cpu/cpu.h"
#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "svdd/export/export.h"
#include "tools/commands/trained_model.h"
#include "tools/input/own_input.h"
#include "tools/report/explanations.h"
#include "tools/usage_error.h"

namespace tools {

namespace fs = std::filesystem;

void run_export(const ExportOptions& options) {
  const std::string formats = svdd::export_format_names.list();
  if (options.model.empty())
    throw UsageError("--model is missing: name the folder that svdd train --out wrote");
  if (options.format.empty()) throw UsageError("--format is missing: name one of " + formats);
  if (options.output.empty()) throw UsageError("--output is missing: name the file to write");
  svdd::ExportFormat format{};
  try {
    format = svdd::export_format_names.named(options.format);
  } catch (const std::invalid_argument&) {
    throw UsageError("--format is " + engine::in_quotes(options.format) + "; expected one of " + formats +
                     svdd::export_format_names.suggestion(options.format));
  }
  const fs::path output = options.output;
  if (output == "-")
    throw UsageError("--output - would be a file of that name: all formats are binary, so name a file");
  if (engine::is_folder(output))
    throw UsageError("--output " + engine::in_quotes(output) + " is a folder; name the file to write");
  refuse_file_of_any_run("--output", output);
  refuse_file_of_run("--output", output, folder_of_model(options.model));
  const std::unique_ptr<engine::Backend> backend = engine::make_cpu_backend();
  const std::unique_ptr<svdd::Detector> detector =
      load_model(options.model, *backend);  // says why there is none
  try {
    svdd::export_model(folder_of_model(options.model), format, output, *backend);
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error("the model in " + engine::in_quotes(options.model) +
                             " cannot be exported: " + error.what());
  }
  if (options.quiet) return;
  std::cerr << engine::in_quotes(output) << ": " << detector->method() << " as " << options.format << '\n';
  const std::vector<int64_t> shape = detector->sample_shape();
  if (format == svdd::ExportFormat::onnx && are_pictures(shape))
    std::cerr << "its input is images of " << datasets::shape_text(shape)
              << ", pixels from 0 to 1: reading a photo and bringing it to that size and these colours, as "
                 "svdd score "
                 "does, comes before\n";
}

}  // namespace tools
