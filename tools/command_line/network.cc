#include <CLI/CLI.hpp>

#include "tools/command_line/adding.h"
#include "tools/commands/network.h"

namespace tools {

void add_network(CLI::App& app, NetworkCommand& o) {
  CLI::App* network =
      add_command(app, "network", "Show the layers of a network: shapes, parameters, work, memory",
                  R"(
A network is a name, the file of a text, a text, or a run or model folder. A text has one
line a layer, or commas between them; the encoder comes first, and without a decoder the
mirror image of it is made. Sizes follow from the samples.

  conv CHANNELS KxK [stride S] [padding P] [bias]
  conv_transpose CHANNELS KxK [stride S] [padding P]
  dense NUMBERS [bias]
  batch_norm [affine] [epsilon E] [momentum M]
  leaky_relu [SLOPE]   relu   elu [ALPHA]   sigmoid
  max_pool [KxK] [stride S]   upsample [xS]   flatten   reshape CxHxW

Where nothing is said: stride 1, padding (K-1)/2 rounded down, max_pool 2x2 with its size
for a stride, upsample x2, slope 0.01, alpha 1. What stands behind a # is for the reader.
Before the layers: network NAME, input CxHxW (or any), rep_dim P and widths A B ... (in
layers: dense rep_dim, dense width1, rep_dim/16), start pytorch|pytorch_xavier|glorot,
allow_bias (what breaks the theory is meant); then the encoder; then `decoder` and its
layers. `for each width` ... `end` repeats lines with the next `width`, with `backwards`
from the last. Names before a layer, as in "conv1: conv 8 5x5", are those of its weights,
whose random start follows from the name. A mirror image leaves out what stands before all
weights. svdd network NAME --text shows how the published ones are written.

Examples:
  svdd network
  svdd network mnist_LeNet
  svdd network "input 3x64x64, conv 16 3x3, batch_norm, leaky_relu, max_pool, dense 32"
  svdd train --network mine.net --data photos --normal good --out runs/mine
  svdd network runs/mine --text
)",
                  [&o] { run_network(o); });
  network->add_option("network", o.network, "name, file, text or folder; none: the list")
      ->type_name("NETWORK");
  network->add_option("--input", o.input, "shape of a sample, where the text takes any")
      ->type_name("CxHxW|N");
  network->add_option("--rep-dim", o.rep_dim, "dimensions of the representation")->type_name("P");
  network->add_option("--widths", o.widths, "of the hidden layers")->delimiter(',')->type_name("A,B,...");
  network->add_option("--batch-size", o.batch_size, "samples that memory is counted for, 200")
      ->type_name("N");
  network->add_flag("--allow-bias", o.allow_bias, "show what breaks the theory, too");
  network->add_flag("--text", o.text,
                    "print the text: of a published network its file, comments and all;\nelse, and with "
                    "--input, all sizes written out");
}

}  // namespace tools
