#include <algorithm>

#include "datasets/catalog.h"
#include "datasets/cifar10.h"
#include "datasets/gtsrb.h"
#include "datasets/idx.h"
#include "datasets/mobifall.h"
#include "datasets/strokes.h"
#include "datasets/table.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> numbers_below(int end) {
  std::vector<std::string> names;
  for (int k = 0; k < end; ++k) names.push_back(std::to_string(k));
  return names;
}

Dataset read_idx(const fs::path& folder, const LoadOptions&) { return load_idx_folder(folder); }
Dataset read_cifar10(const fs::path& folder, const LoadOptions&) { return load_cifar10_folder(folder); }
Dataset read_gtsrb(const fs::path& folder, const LoadOptions&) { return load_gtsrb_folder(folder); }

// One of several tables under the names that collections give it; the share for the test is the published
// one.
auto table_reader(std::vector<std::string> names, double test_fraction) {
  return [=](const fs::path& folder, const LoadOptions& options) {
    LoadOptions published = options;
    if (!published.test_fraction) published.test_fraction = test_fraction;
    std::error_code error;
    const auto name = std::find_if(names.begin(), names.end(), [&](const std::string& candidate) {
      return fs::is_regular_file(folder / candidate, error);
    });
    const bool has_no_header = name != names.end() && name->ends_with(".csv");
    if (has_no_header && published.label_column.empty()) published.label_column = "-1";
    Dataset data = load_table(folder / (name == names.end() ? names.front() : *name), published);
    data.notes.clear();  // nothing had to be guessed
    return data;
  };
}

std::vector<KnownDataset> make_known_datasets() {
  const std::vector<std::string> pima = {"29_Pima.npz", "pima.npz", "pima.csv"},
                                 speech = {"36_speech.npz", "speech.npz", "speech.csv"};
  std::vector<KnownDataset> known;
  known.push_back({"strokes",
                   "digits drawn from pen strokes, built in; 10 000 + 2000",
                   {1, stroke_image_side, stroke_image_side},
                   numbers_below(10),
                   {},
                   {},
                   {},
                   {},
                   [](const fs::path&, const LoadOptions&) { return load_strokes(); }});
  known.push_back({"mnist",
                   "handwritten digits (LeCun, Cortes, Burges); 60 000 + 10 000",
                   {1, 28, 28},
                   numbers_below(10),
                   {{"train-images-idx3-ubyte.gz", 9912422, "f68b3c2dcbeaaa9fbdd348bbdeb94873",
                     "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"},
                    {"train-labels-idx1-ubyte.gz", 28881, "d53e105ee54ea40749a09fcbcd1e9432",
                     "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"},
                    {"t10k-images-idx3-ubyte.gz", 1648877, "9fb629c4189551a2d022fa330f9573f3",
                     "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"},
                    {"t10k-labels-idx1-ubyte.gz", 4542, "ec29112dd5afa0611ce80d1b7f02629c",
                     "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"}},
                   {"https://ossci-datasets.s3.amazonaws.com/mnist",
                    "https://storage.googleapis.com/cvdf-datasets/mnist"},
                   {"mnist", "MNIST/raw", "."},
                   idx_entries(),
                   read_idx});
  known.push_back({"fashion-mnist",
                   "pictures of clothes (Xiao, Rasul, Vollgraf 2017); 60 000 + 10 000",
                   {1, 28, 28},
                   {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
                    "Bag", "Ankle boot"},
                   {{"train-images-idx3-ubyte.gz", 26421880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                     "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"},
                    {"train-labels-idx1-ubyte.gz", 29515, "25c81989df183df01b3e8a0aad5dffbe",
                     "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"},
                    {"t10k-images-idx3-ubyte.gz", 4422102, "bef4ecab320f06d8554ea6380940ec79",
                     "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"},
                    {"t10k-labels-idx1-ubyte.gz", 5148, "bb300cfdad3c16e7a12a480ee83cd310",
                     "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"}},
                   {"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"},
                   {"fashion-mnist", "FashionMNIST/raw", "."},
                   idx_entries(),
                   read_idx});
  known.push_back({"cifar10",
                   "small colour pictures of animals and vehicles (Krizhevsky 2009); 50 000 + 10 000",
                   {3, 32, 32},
                   cifar10_class_names(),
                   {{"data_batch_1.bin", 30730000, "5dd7e06a14cb22eb9f671a540d1b7c25",
                     "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"},
                    {"data_batch_2.bin", 30730000, "5ea93a67294ea407fff1d09f752e9692",
                     "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"},
                    {"data_batch_3.bin", 30730000, "942cd6a4bcdd0dd3c604fbe906cb4421",
                     "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"},
                    {"data_batch_4.bin", 30730000, "ae636b3ba5c66a11e91e8cb52e771fcb",
                     "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"},
                    {"data_batch_5.bin", 30730000, "53f37980c15c3d472c316c40844f3f0d",
                     "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"},
                    {"test_batch.bin", 30730000, "803d5f7f4d78ea53de84dbe85f74fb6d",
                     "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"}},
                   {"https://www.cs.toronto.edu/~kriz"},
                   {"cifar10", "cifar10/cifar-10-batches-bin", "cifar-10-batches-bin", "."},
                   cifar10_file_names(),
                   read_cifar10,
                   OfficialFile{"cifar-10-binary.tar.gz", 170052171, "c32a1d4ab5d03f1284b67883e8d87530",
                                "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"}});
  known.push_back(
      {"gtsrb",
       "German traffic signs at 32 x 32 (Stallkamp et al. 2012); 39 209 + 12 630, or the stop signs "
       "and a part of the test",
       {3, 32, 32},
       gtsrb_class_names(),
       {},
       {},
       {"gtsrb", "GTSRB", "."},
       gtsrb_entries(),
       read_gtsrb,
       {},
       "get GTSRB_Final_Training_Images.zip, GTSRB_Final_Test_Images.zip and GTSRB_Final_Test_GT.zip "
       "from https://benchmark.ini.rub.de and unpack them all"});
  known.push_back(
      {"mobifall",
       "4 s of a smartphone's accelerometer in daily activities and falls (Vavoulas et al. 2014)",
       {3, 20, 20},
       numbers_below(15),
       {},
       {},
       {"mobifall", "mobiFall", "."},
       mobifall_entries(),
       load_mobifall_folder,
       {},
       "ask its authors for it (https://bmi.hmu.gr) and put train_mobiFall.txt and the three files that "
       "belong to it, or acc.csv and trials.csv,"});
  known.push_back({"pima",
                   "diabetes among the Pima (UCI, by ADBench): 768 rows, 268 of them anomalies",
                   {8},
                   {"normal", "anomaly"},
                   {{"29_Pima.npz", 11023, "1c0428080e2b119176eab5c41ddf8759",
                     "215454bb263a2f040945c9ea7bd7f06f1e89a61a3143bdb6f196e3887e801a7d"}},
                   {"https://raw.githubusercontent.com/Minqi824/ADBench/main/adbench/datasets/Classical"},
                   {"pima", "tabular", "."},
                   pima,
                   table_reader(pima, 0.4)});
  known.push_back(
      {"speech",
       "spoken English by accent (ODDS): 3686 rows, 61 of them anomalies",
       {400},
       {"normal", "anomaly"},
       {},
       {},
       {"speech", "tabular", "."},
       speech,
       table_reader(speech, 0.1),
       {},
       "get 36_speech.npz from https://github.com/Minqi824/ADBench (adbench/datasets/Classical) and put it"});
  return known;
}

}  // namespace

const std::vector<KnownDataset>& known_datasets() {
  static const std::vector<KnownDataset> known = make_known_datasets();
  return known;
}

}  // namespace datasets
