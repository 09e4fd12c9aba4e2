#include <CLI/CLI.hpp>
#include <string>

#include "svdd/methods/method.h"
#include "tools/command_line/adding.h"
#include "tools/commands/compare.h"

namespace tools {

void add_compare(CLI::App& app, CompareOptions& o) {
  CLI::App* compare = add_command(app, "compare", "All methods side by side on your own data", R"(
Every method trains on all normal samples of one training half (--calibration 0) and
ranks one test half; each is a run of svdd train on one thread, as many at once as --jobs says, and finished
ones are not repeated. The table goes to standard output, and to table.html in --out. A
method that does not beat the distance to the mean has learned nothing. Choose by another
split than the one that you report (--split-seed).

Examples:
  svdd compare --data table.csv
  svdd compare --data folder --methods knn,mahalanobis,deep-svdd --seeds 3
)",
                                  [&o] { run_compare(o); });
  const auto data_option = [&](const char* name, const char* help, const char* type) {
    compare
        ->add_option_function<std::string>(
            "--" + std::string(name), [&o, name](const std::string& text) { o.data[name].push_back(text); },
            help)
        ->type_name(type);
  };
  data_option("data", "a table (.csv, .tsv, .csv.gz, .npz, .npy), a folder of images, a known set",
              "NAME|PATH");
  data_option("normal", "the normal class or classes, by name or number", "A,B,...");
  data_option("anomalous", "test against these classes only", "A,B,...");
  data_option("image-size", "of a folder of images: the size that the methods see", "N|HxW");
  data_option("label-column", "of a table: the column with the classes", "NAME|N");
  data_option("header", "of a .csv table: whether the first line names the columns", "auto|yes|no");
  data_option("columns", "of a table: the features, by name or number", "A,B,...");
  data_option("drop", "of a table: columns that are left out", "A,B,...");
  data_option("missing", "what is done with values that a table misses", "refuse|median|drop");
  data_option("test-data", "of a table: a second table with the test rows", "FILE");
  data_option("test-fraction", "of a table: the share held out for the test", "X");
  data_option("split-seed", "another number, other rows held out", "S");
  data_option("limit", "only the first N training samples", "N");
  data_option("data-dir", "where data lies; else $SVDD_DATA, ./data, the user's cache", "DIR");
  compare->add_option("--methods", o.methods, svdd::method_names())->type_name("A,B,...");
  compare->add_option("--seeds", o.seeds, "seeds 1 to N of each method")->type_name("N")->default_str("1");
  compare->add_option("--jobs", o.jobs, "runs at once; 0: one for each processor")->type_name("J");
  refuse_threads(*compare);
  compare->add_option("--device", o.device, "cpu or cuda: the same bits")->type_name("NAME");
  compare->add_option("--out", o.out, "folder for the runs and the table; else runs/compare-NAME")
      ->type_name("DIR");
}

}  // namespace tools
