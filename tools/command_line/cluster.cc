#include <CLI/CLI.hpp>

#include "tools/command_line/adding.h"
#include "tools/commands/cluster.h"

namespace tools {

void add_cluster(CLI::App& app, ClusterOptions& o) {
  CLI::App* cluster = add_command(app, "cluster", "Group the rows of a table by first neighbours (FINCH)", R"(
The output is a CSV table: index,partition_1,...,chosen, finest partition first. A
summary goes to standard output; where the input names classes (a column label or
class, an array y), it says how well the clusters agree with them.

early-exit is the authors' own variant: links longer than the longest of the first
step are cut; the last partition is chosen. silhouette is the one of Multi-Radius Deep
SVDD: the partition with the largest mean silhouette is chosen. With --clusters K the
closest clusters are merged until K are left, and those are chosen.

Neighbours are exact, and memory grows with the number of rows, not its square.

FINCH (Sarfraz, Sharma, Stiefelhagen, CVPR 2019) is for academic use: its authors ask
that it, re-implementations included, not be used otherwise without their leave.

Examples:
  svdd cluster --input table.csv --output labels.csv
  svdd cluster --input features.npy --output labels.csv --distance euclidean --clusters 10
  svdd cluster --input features.npz --output labels.csv --variant silhouette
)",
                                  [&o] { run_cluster(o); });
  cluster->add_option("--input", o.input, "rows of numbers: .csv, .npy, .npz with X, or IDX images (.gz)")
      ->type_name("FILE");
  cluster->add_option("--output", o.output, "CSV file for the labels")->type_name("FILE");
  add_table_options(*cluster, o.label_column, o.header, "as its name tells");
  cluster
      ->add_option("--distance", o.distance,
                   "cosine or euclidean; else cosine for early-exit,\neuclidean for silhouette")
      ->type_name("NAME");
  cluster->add_option("--variant", o.variant, "early-exit (the default) or silhouette")->type_name("NAME");
  cluster->add_option("--clusters", o.clusters, "exactly so many; 0: the variant chooses")->type_name("K");
  cluster->add_flag("--silhouettes", o.silhouettes, "compute them for early-exit too");
  cluster->add_option("--device", o.backend.device, "cpu, or cuda: neighbours on a GPU, the same bits")
      ->type_name("NAME");
  cluster->add_option("--simd", o.backend.simd, "auto, avx512, avx2 or portable: all the same bits")
      ->type_name("NAME");
  cluster->add_option("--threads", o.backend.threads, "any number gives the same bits; 0: all there are")
      ->type_name("T");
  cluster->add_flag("--quiet", o.quiet, "nothing on standard error");
}

}  // namespace tools
