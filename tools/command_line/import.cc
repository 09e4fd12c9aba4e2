#include <CLI/CLI.hpp>

#include "tools/command_line/adding.h"
#include "tools/commands/import.h"

namespace tools {

void add_import(CLI::App& app, ImportCommand& o) {
  CLI::App* command =
      add_command(app, "import", "A model out of what another program saved: PyTorch, safetensors, NumPy", R"(
Reads what the authors' Deep-SVDD-PyTorch saves (torch.save of R, c and net_dict), or a bare
state_dict with c and R in it, also as .safetensors or .npz; and what svdd export wrote as
pytorch, safetensors or npz, which needs no options. No code in the file is run. Arrays have
the names of the network's layers, conv1.weight and so on, which a network's text can give
them; its batch norms divide by sqrt(variance + 1e-4), as the authors' do, unless the text
says otherwise: "bn1: batch_norm epsilon 1e-5".

The authors' file holds no threshold. Where R is above 0 the objective is soft-boundary, the
score dist^2 - R^2, and the threshold 0; else nothing is called anomalous unless --threshold
says from where on. Nor does it hold scores of training samples: there are no p-values.

Examples:
  svdd import model.tar --network mnist_LeNet --preprocessing mnist --normal 3 --out theirs
  svdd import state.pt --network mine.net --preprocessing none --centre c.npy --out mine
  svdd score --model theirs --input my_digits/ --threshold 0.8
)",
                  [&o] { run_import(o); });
  command->add_option("file", o.file, "what was saved")->type_name("FILE");
  command->add_option("--out", o.output, "a new folder for the model")->type_name("DIR");
  command->add_option("--output", o.output)->group("");  // as version 0.1 had it
  command->add_option("--network", o.network, "name, text or file, as svdd network shows them")
      ->type_name("NAME|TEXT|FILE");
  command
      ->add_option(
          "--preprocessing", o.preprocessing,
          "mnist or cifar10: what the authors' loaders do, with their\nconstants of the class --normal; none")
      ->type_name("NAME");
  command->add_option("--normal", o.normal, "the normal class, 0 to 9, for --preprocessing")
      ->type_name("CLASS");
  command->add_option("--objective", o.objective, "one-class or soft-boundary; else by R")->type_name("NAME");
  command->add_option("--threshold", o.threshold, "anomalous is what scores above it")->type_name("X");
  command->add_option("--centre", o.centre, "a .npy file with c, where the file has none")->type_name("FILE");
  command->add_option("--input", o.input, "shape of a sample, where the network takes any")
      ->type_name("CxHxW|N");
  command->add_flag("--quiet", o.quiet, "nothing on standard error but errors");
}

}  // namespace tools
