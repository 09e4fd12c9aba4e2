// What `svdd train` does with data of one's own, on arrays in memory: the published settings and what somebody asked for,
// samples set aside, the fit, the calibration. What the C interface hands out as svdd_detector.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "datasets/table_form.h"
#include "engine/backend.h"
#include "svdd/c/svdd.h"
#include "svdd/methods/method.h"

namespace svdd::c {

// What is asked for by name: '-' between words, values as Option::set reads them.
using Asked = std::vector<std::pair<std::string, std::string>>;

// Of a JSON object, or of lines `name = value`. std::invalid_argument for what is neither, and for a name that comes twice.
Asked asked_for(const std::string& text);

// Beside the method's own options.
struct RunOptions {
  std::string data = {};  // of a known set; empty: one's own
  std::optional<double> calibration = {}, false_alarm_rate = {};
  uint64_t split_seed = 0;
  int64_t threads = 0;
  std::string device = "cpu";

  std::vector<Option> rows();  // they refer to this object
};

// The method's settings for samples of this shape, with what is asked for. std::invalid_argument for an option that neither has,
// or a value that is none.
struct Resolved {
  RunOptions run;
  recipes::DataTraits traits;
  Settings settings;

  std::vector<Option> rows();  // the method's, then those of the run
};
Resolved resolved(const Method& method, const Asked& asked, const std::vector<int64_t>& sample_shape);

class ArrayModel {
 public:
  // std::invalid_argument for what the method does not take; nothing is learned yet.
  ArrayModel(const Method& method, Asked asked);
  // Reads a model folder.
  ArrayModel(const std::filesystem::path& folder, const Asked& asked);

  // All throw std::invalid_argument for arrays that are not what svdd.h says, and as Detector does.
  void fit(const svdd_array& samples, const int32_t* classes, const char* const* columns, Monitor& monitor);
  std::vector<float> score(const svdd_array& samples);
  std::vector<float> explain(const svdd_array& samples);
  void calibrate(const svdd_array& held_out, double false_alarm_rate);

  std::string info();  // JSON
  bool fitted() const { return detector_ != nullptr; }
  Detector& detector() { return *detector_; }

 private:
  datasets::Samples samples_for_model(const svdd_array& array, const std::string& what) const;

  const Method* method_;
  Asked asked_;
  std::unique_ptr<engine::Backend> backend_;
  std::unique_ptr<Detector> detector_;  // on that backend; null before the first fit
  std::optional<datasets::TableForm> form_;
  std::string options_ = "null";  // that were in force in the fit, as JSON
};

}  // namespace svdd::c
