// What the program says of itself: help in every spelling, lines that fit a terminal, and no option named that does not
// exist.
#include <gtest/gtest.h>

#include <cctype>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "refusals.h"
#include "small_data.h"
#include "svdd_process.h"
#include "tools/arguments.h"

namespace tools_test {
namespace {

const std::vector<std::string> commands = {"",           "train",       "score",  "evaluate",  "cluster",
                                           "verify",     "reproduce",   "data",   "data list", "data info",
                                           "data fetch", "data export", "report", "bench",     "network",
                                           "compare",    "explain",     "export", "import"};

std::string help_of(const fs::path& folder, const std::string& command) {
  const Outcome outcome = run_svdd(folder, words_of(command + " --help"));
  EXPECT_EQ(outcome.status, 0) << command;
  return outcome.out;
}

void expect_example(const std::string& help, const std::string& command) {
  EXPECT_NE(help.find("Example"), std::string::npos) << command;
  EXPECT_NE(help.find("\n  svdd " + (command.empty() ? "train" : command)), std::string::npos) << command;
}

TEST(Words, HelpComesInEverySpelling) {
  REQUIRE_SVDD();
  const Scratch scratch;
  for (const std::string& command : commands) {
    const std::string help = help_of(scratch.path, command);
    for (const std::string& line : {"help " + command, command + " -h"}) {
      const Outcome outcome = run_svdd(scratch.path, words_of(line));
      EXPECT_EQ(outcome.status, 0) << line << '\n' << outcome.err;
      EXPECT_EQ(outcome.out, help) << line;
    }
  }
  expect_refused(scratch.path, {{"help trian", 2, "did you mean 'train'"},
                                {"help eval", 2, "did you mean 'evaluate'"},
                                {"--verison", 2, "did you mean '--version'"},
                                {"-x", 2, "'-x'"}});
  EXPECT_EQ(run_svdd(scratch.path, {"version"}).out, run_svdd(scratch.path, {"--version"}).out);
}

// One word for another, wherever the words that there are are known.
TEST(Words, MisspeltValuesAreSaidWithWhatWasMeant) {
  REQUIRE_SVDD();
  const Scratch scratch;
  write_text(scratch.path / "t.csv", "flow,heat,state\n1,2,a\n3,4,b\n5,6,a\n7,9,a\n");
  const std::string train = "train --method kde --out run --normal a --data t.csv ";
  expect_refused(
      scratch.path,
      {{"explain --model run --input t.csv --by gradeint", 2, "did you mean 'gradient'?"},
       {"export --model run --output x --format safetensor", 2, "did you mean 'safetensors'?"},
       {"compare --data strokes --normal 3 --methods kde,kernel-svd", 2, "did you mean 'kernel-svdd'?"},
       {"reproduce strokse", 2, "did you mean 'strokes'?"},
       {"reproduce strokes --methods soft-boundry", 2, "did you mean 'soft-boundary'?"},
       {"train --method multi-radios --data t.csv --out run", 2, "did you mean 'multi-radius'?"},
       {train + "--simd portabel", 2, "did you mean 'portable'?"},
       {train + "--blas opneblas", 2, "did you mean 'openblas'?"},
       {train + "--device refrence", 2, "did you mean 'reference'?"},
       {train + "--label-column sttae", 1, "did you mean 'state'?"},
       {train + "--label-column Heatt", 1, "did you mean 'heat'?"},
       {train + "--label-column zzzzzz", 1, "'state'"},
       {train + "--drop flwo", 1, "did you mean 'flow'?"}});
}

TEST(Words, HelpFitsATerminal) {
  REQUIRE_SVDD();
  const Scratch scratch;
  for (const std::string& command : commands) {
    std::istringstream help(help_of(scratch.path, command));
    constexpr size_t description_column = 34;
    std::string before;
    for (std::string line; std::getline(help, line); before = line) {
      EXPECT_LE(line.size(), 100u) << command << ": " << line;
      EXPECT_FALSE(line.ends_with(' ')) << command << ": " << line << '|';
      // A description goes on in a new line only where its next word found no room.
      const bool began = before.size() > description_column && before[description_column - 1] == ' ' &&
                         before[description_column] != ' ';
      if (!began || line.find_first_not_of(' ') != description_column) continue;
      const size_t word = std::min(line.find(' ', description_column), line.size()) - description_column;
      EXPECT_GT(before.size() + 1 + word, 100u) << command << ":\n" << before << '\n' << line;
    }
  }
}

TEST(Words, EveryHelpHasAnExample) {
  REQUIRE_SVDD();
  const Scratch scratch;
  for (const std::string& command : commands) expect_example(help_of(scratch.path, command), command);
}

// A complaint names the option as it was typed.
TEST(Words, AnOptionIsCalledAsItWasTyped) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const std::string kde = "train --data strokes --normal 3 --out run --method kde ";
  expect_refused(scratch.path, {{kde + "--no-pretrain", 2, "svdd: --no-pretrain is an option of"},
                                {kde + "--pretrain False", 2, "svdd: --pretrain is an option of"},
                                {kde + "--n_epochs 3", 2, "svdd: --n_epochs is an option of"},
                                {kde + "--epochs 3", 2, "svdd: --epochs is an option of"}});
  expect_refused(scratch.path,
                 {{"train --data strokes --normal 3 --out run --method autoencoder --epochs 3", 2,
                   "the method autoencoder has --ae-epochs"},
                  {"reproduce strokes --verify=no", 2, "--verify takes no value: give it alone"},
                  {"train --data strokes --normal 3 --out run --quiet=0", 2, "--quiet takes no value"},
                  {"train --data strokes --normal 3 --out run --no-map=7", 2, "--no-map is '7'"},
                  {"compare --data strokes --threads 1", 2, "--jobs says how many runs there are at once"},
                  {"reproduce strokes --threads 1", 2, "--jobs says how many"}});
}

TEST(Words, HelpNamesAllInputs) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const std::string score = help_of(scratch.path, "score"), evaluate = help_of(scratch.path, "evaluate");
  for (const char* kind : {"image", "folder", "table", ".csv", ".npy", ".npz", "IDX"})
    EXPECT_NE(score.find(kind), std::string::npos) << kind;
  for (const char* kind : {"known name", "table", ".csv", ".npz", "folder of images", "IDX", "CIFAR-10"})
    EXPECT_NE(evaluate.find(kind), std::string::npos) << kind;
}

// The examples that a reader copies are those that the install test builds and runs.
TEST(Words, TheExamplesInTheReadmeArePrograms) {
  const fs::path root = fs::path(SVDD_GOLDEN_DIR).parent_path().parent_path();
  const std::string readme = text_of(root / "README.md");
  for (const auto& [file, language] :
       {std::pair{"first.cc", "cpp"}, {"first.c", "c"}, {"first.py", "python"}}) {
    const std::string program = text_of(root / "tests" / "install" / file);
    ASSERT_FALSE(program.empty()) << file;
    EXPECT_NE(readme.find("```" + std::string(language) + "\n" + program + "```"), std::string::npos) << file;
  }
}

// The string literals of a C++ source, those of style sheets (R"css(...)css") left out.
std::vector<std::string> literals_of(const std::string& source) {
  std::vector<std::string> found;
  const auto at = [&](size_t i, const char* text) {
    return source.compare(i, std::string(text).size(), text) == 0;
  };
  for (size_t i = 0; i < source.size(); ++i) {
    if (at(i, "//")) {
      i = source.find('\n', i);
    } else if (at(i, "/*")) {
      i = source.find("*/", i) + 1;
    } else if (at(i, "R\"")) {
      const size_t open = source.find('(', i);
      const std::string end = ')' + source.substr(i + 2, open - i - 2) + '"';
      const size_t close = source.find(end, open);
      if (end != ")css\"") found.push_back(source.substr(open + 1, close - open - 1));
      i = close + end.size() - 1;
    } else if (source[i] == '\'' && i > 0 && !std::isalnum(static_cast<unsigned char>(source[i - 1]))) {
      for (++i; i < source.size() && source[i] != '\''; ++i) i += source[i] == '\\';
    } else if (source[i] == '"') {
      const size_t begin = ++i;
      for (; i < source.size() && source[i] != '"'; ++i) i += source[i] == '\\';
      found.push_back(source.substr(begin, i - begin));
    }
    if (i == std::string::npos) break;
  }
  return found;
}

// "--label-column" and its like.
std::set<std::string> options_in(const std::string& text) {
  std::set<std::string> found;
  for (size_t i = text.find("--"); i != std::string::npos; i = text.find("--", i + 2)) {
    if (i > 0 && (std::isalnum(static_cast<unsigned char>(text[i - 1])) || text[i - 1] == '-')) continue;
    size_t end = i + 2;
    while (end < text.size() &&
           (std::islower(static_cast<unsigned char>(text[end])) ||
            std::isdigit(static_cast<unsigned char>(text[end])) || text[end] == '-' || text[end] == '_'))
      ++end;
    if (end > i + 3) found.insert(text.substr(i, end - i));
  }
  return found;
}

std::vector<std::pair<std::string, std::string>> sources_below(const char* floor) {
  const fs::path root = fs::path(SVDD_GOLDEN_DIR).parent_path().parent_path();
  std::vector<std::pair<std::string, std::string>> sources;
  for (const auto& entry : fs::recursive_directory_iterator(root / floor))
    if (const fs::path ending = entry.path().extension();
        ending == ".cc" || ending == ".h" || ending == ".cu")
      sources.emplace_back(entry.path().lexically_relative(root).string(), text_of(entry.path()));
  EXPECT_FALSE(sources.empty()) << floor;
  return sources;
}

// A message that says "use --this" is of no help where there is no --this.
TEST(Words, EveryOptionThatAMessageNamesExists) {
  REQUIRE_SVDD();
  const Scratch scratch;
  std::set<std::string> known = {"--pretrain",
                                 "--use-multi-radius"};  // the authors' own, which --help leaves out
  for (const std::string& command : commands) known.merge(options_in(help_of(scratch.path, command)));
  for (const auto& [name, source] : sources_below("tools"))
    for (const std::string& literal : literals_of(source))
      for (const std::string& option : options_in(literal))
        EXPECT_TRUE(known.contains("--" + tools::option_name(option.substr(2))))
            << name << " speaks of " << option << " in \"" << literal << '"';
}

// The libraries have other users than the command, who know none of its words.
TEST(Words, TheLibrariesKnowNoOptions) {
  for (const char* floor : {"engine", "datasets", "svdd"})
    for (const auto& [name, source] : sources_below(floor)) {
      if (name == "datasets/download.cc" ||         // which starts curl and wget, with theirs
          name == "svdd/in_one_file/deep_svdd.cc")  // a program of its own
        continue;
      for (const std::string& literal : literals_of(source)) {
        EXPECT_TRUE(options_in(literal).empty()) << name << ": \"" << literal << '"';
        for (const char* command : {"svdd train --", "svdd data ", "svdd score --"})
          EXPECT_EQ(literal.find(command), std::string::npos) << name << ": \"" << literal << '"';
      }
    }
}

// Whoever uses the libraries needs no JSON package for it: what the headers of the methods, the data and the engine lead to
// names none.
TEST(Words, TheHeadersForUsersNeedNoJson) {
  const fs::path root = fs::path(SVDD_GOLDEN_DIR).parent_path().parent_path();
  std::vector<std::string> left{"svdd/detector.h",
                                "svdd/recipes/published.h",
                                "svdd/methods/autoencoder.h",
                                "svdd/evaluation/metrics.h",
                                "svdd/evaluation/threshold.h",
                                "svdd/clustering/finch.h",
                                "svdd/clustering/kmeans.h",
                                "datasets/catalog.h",
                                "datasets/dataset.h",
                                "engine/ops.h",
                                "engine/layers.h",
                                "engine/optimizers.h",
                                "engine/backends/cpu/cpu.h"};
  std::set<std::string> seen(left.begin(), left.end());
  while (!left.empty()) {
    const std::string header = left.back();
    left.pop_back();
    std::istringstream text(text_of(root / header));
    ASSERT_FALSE(text.str().empty()) << header;
    for (std::string line; std::getline(text, line);) {
      EXPECT_EQ(line.find("#include <nlohmann"), std::string::npos) << header;
      if (!line.starts_with("#include \"")) continue;
      const std::string next = line.substr(10, line.find('"', 10) - 10);
      if (seen.insert(next).second) left.push_back(next);
    }
  }
  EXPECT_GT(seen.size(), 30u);
}

}  // namespace
}  // namespace tools_test
