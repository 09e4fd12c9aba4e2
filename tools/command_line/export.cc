#include <CLI/CLI.hpp>

#include "tools/command_line/adding.h"
#include "tools/commands/export.h"

namespace tools {

void add_export(CLI::App& app, ExportOptions& o) {
  CLI::App* command =
      add_command(app, "export", "Hand a model to other tools: ONNX, safetensors, NumPy, PyTorch", R"(
onnx: the whole detector as one graph, from raw samples to score and label: input `input`,
outputs `pred_score` and `pred_label` (1: score above the threshold), and `p_value` where
the model is calibrated. safetensors, npz: all weights, centres, radii, the threshold and
the constants of the preprocessing. pytorch: what the authors' program saves, R, c,
net_dict and ae_net_dict, for torch.load. An existing file is replaced.

Examples:
  svdd export --model runs/mnist-3 --format onnx --output three.onnx
  svdd export --model runs/mnist-3 --format pytorch --output model.tar
)",
                  [&o] { run_export(o); });
  command->add_option("--model", o.model, "run folder of svdd train, or the model folder in it")
      ->type_name("DIR");
  command->add_option("--format", o.format, "onnx, safetensors, npz or pytorch")->type_name("NAME");
  command->add_option("--output", o.output, "the file to write")->type_name("FILE");
  command->add_flag("--quiet", o.quiet, "nothing on standard error but errors");
}

}  // namespace tools
