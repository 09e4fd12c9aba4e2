#include <CLI/CLI.hpp>
#include <string>

#include "tools/command_line/adding.h"
#include "tools/commands/reproduce.h"
#include "tools/tables/published_tables.h"

namespace tools {

void add_reproduce(CLI::App& app, ReproduceOptions& o, bool& verified) {
  std::string tables;
  for (const PublishedTable& t : published_tables()) {
    const std::string indent(6, ' ');
    std::string rows;
    for (const TableMethod& m : t.methods)
      if (!m.reference) rows += (rows.empty() ? "" : ", ") + m.key;
    tables += "  " + t.name + "\n" + indent + t.title + "\n" + indent + "rows: " + rows + "\n";
  }
  CLI::App* reproduce =
      add_command(app, "reproduce", "A published table: all its runs, beside the published figures",
                  "\nTables:\n" + tables + R"(
Every cell is a run of svdd train with the published settings, on one thread; as many
run at once as --jobs says, with the results they would have alone. Rows that begin
alike share their pretraining. Always the last epoch counts, never the best. A finished
run is not repeated: what was interrupted goes on where it stood, a run from its last
checkpoint. The untrained network and the distance to the mean of the training data
stand in rows of their own. Results: table.csv, table.md, table.html and ledger.csv, which
holds data, weights and scores of every cell by their hashes, in --out.

Options of svdd train that are changed here (--epochs, --ae-epochs, --recipe, --limit,
--batch-size, --no-pretrain, --tf32) hold for all runs of the table, which says so.

With --stated the table is shown as the project's ledger states it, in a moment: nothing
is run, no data are needed. With --out it is written there: stated.csv, .md and .html.
Without a table it lists which there are. Rows that any table but strokes has besides:
untrained and distance-to-mean, which any method should beat.

With --verify the cells that the project's ledger states are run again, all or a sample,
and compared: data, weights, scores and AUC, to the bit. Exit status 1 where one differs.
With --out they are kept there, and the same command takes those that are finished.

Examples:
  svdd reproduce --stated
  svdd reproduce deep-svdd-mnist --stated
  svdd reproduce deep-svdd-mnist --seeds 1 --classes 0,1
  svdd reproduce strokes --verify
  svdd reproduce deep-svdd-mnist --verify --sample 5
  svdd reproduce deep-svdd-mnist --recipe theano --methods one-class,kde
  svdd reproduce multi-radius-mnist --classes 3,0,1 --out runs/groups
)",
                  [&o, &verified] { verified = run_reproduce(o); });
  reproduce->add_option("table", o.table, "one of those below");
  reproduce->add_option("--out", o.out, "folder for the runs and the table; else runs/TABLE")
      ->type_name("DIR");
  reproduce
      ->add_option("--data-dir", o.data_dir, "where data lies; else $SVDD_DATA, ./data, the user's cache")
      ->type_name("DIR");
  reproduce
      ->add_option_function<std::string>(
          "--seeds", [&o](const std::string& seeds) { o.seeds = seeds, o.seeds_given = true; },
          "seeds 1 to N, or A to B; with --verify and --stated all that the ledger has, unless given")
      ->type_name("N|A..B")
      ->default_str("3");
  reproduce->add_option("--classes", o.classes, "only the cases with these normal classes, or names")
      ->type_name("A,B,...");
  reproduce->add_option("--methods", o.methods, "the rows to fill; else the table's own")
      ->type_name("A,B,...");
  reproduce->add_option("--jobs", o.jobs, "runs at once; 0: one for each processor")->type_name("J");
  refuse_threads(*reproduce);
  reproduce->add_option("--device", o.device, "cpu or cuda: the same bits; the runs share the GPU")
      ->type_name("NAME");
  reproduce->add_flag("--auc-per-epoch", o.auc_per_epoch,
                      "as in svdd train: the best epoch stands below the last, to compare with");
  reproduce->add_flag("--stated", o.stated, "show the table as the ledger states it; run nothing");
  reproduce->add_flag("--verify", o.verify, "run the ledger's cells again, and compare");
  reproduce
      ->add_option("--ledger", o.ledger,
                   "with --verify or --stated: a table's ledger.csv in place of the project's ledger")
      ->type_name("FILE");
  reproduce
      ->add_option_function<int64_t>(
          "--sample", [&o](int64_t sample) { o.sample = sample; },
          "with --verify: so many of them, chosen by --sample-seed")
      ->type_name("N");
  reproduce
      ->add_option_function<uint64_t>(
          "--sample-seed", [&o](uint64_t seed) { o.sample_seed = seed; }, "another number, another sample")
      ->type_name("S");
  for (const char* name : {"recipe", "epochs", "ae-epochs", "limit", "batch-size"})
    reproduce->add_option_function<std::string>(
        "--" + std::string(name), [&o, name](const std::string& text) { o.changed[name] = {text}; },
        "as in svdd train, in place of the published setting");
  reproduce->add_flag_callback(
      "--no-pretrain", [&o] { o.changed["pretrain"] = {"false"}; },
      "as in svdd train: from random weights, where the published setting pretrains");
  reproduce->add_flag_callback(
      "--tf32", [&o] { o.changed["tf32"] = {"true"}; },
      "as in svdd train: on the GPU in TF32, which the table says");
}

}  // namespace tools
