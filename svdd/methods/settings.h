// The settings of one method, whichever: its options by name, and the detector they make.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "datasets/preprocessing.h"
#include "svdd/detector.h"
#include "svdd/methods/option.h"

namespace svdd {

struct DeepOptions;

// What every method is asked for, also one that has no use for it: the rows and the machine's notes speak of it.
struct Common {
  uint64_t& seed;
  double& contamination;
};

// Whether somebody asked for the option of this name; what is unasked may follow the data.
using Named = std::function<bool(const std::string& option)>;

// A value: a copy is independent. Made by a method's row (method.h) or by recipes::published.
class Settings {
 public:
  Settings() = default;  // of no method

  // `Options`: a method's struct. The three functions are what is known of it: its rows, bound to what they are given;
  // the detector; and what follows the number of training samples where nobody asked for it (null: nothing).
  template <class Options>
  struct Form {
    std::vector<Option> (*rows)(Options& options, Common common);
    std::unique_ptr<Detector> (*make)(const Options& options, engine::Backend& backend);
    void (*fit_to_size)(Options& options, int64_t training_samples, const Named& named) = nullptr;
  };
  template <class Options>
  Settings(Options options, Form<Options> form)
      : any_(std::make_unique<Of<Options>>(std::move(options), form)) {}

  Settings(const Settings& other) : any_(other.any_ ? other.any_->copy() : nullptr) {}
  Settings(Settings&&) = default;
  Settings& operator=(Settings other) {
    any_ = std::move(other.any_);
    return *this;
  }

  // In the order in which they are listed. They refer to this object, which must stay where it is.
  std::vector<Option> options() { return any_->options(); }
  // Sets the option of this name; std::invalid_argument if there is none, or the value is none or out of range. Another
  // `network` comes with its own `rep-dim` and `widths`: set it before those.
  void set(const std::string& name, const std::string& value);
  // `input`: the shape of one sample, for the networks that take any. std::invalid_argument names the option that is
  // impossible.
  std::unique_ptr<Detector> make(const std::vector<int64_t>& input, engine::Backend& backend) const {
    return any_->make(input, backend);
  }
  void fit_to_size(int64_t training_samples, const Named& named) {
    any_->fit_to_size(training_samples, named);
  }

  uint64_t seed() const { return any_->common().seed; }
  double contamination() const { return any_->common().contamination; }
  datasets::PreprocessingOptions& preprocessing() { return any_->preprocessing(); }
  const datasets::PreprocessingOptions& preprocessing() const { return any_->preprocessing(); }
  // What the methods with a network share; null where there is none.
  DeepOptions* deep() { return any_->deep(); }
  const DeepOptions* deep() const { return any_->deep(); }
  // The method's own struct; null where it is another method's.
  template <class Options>
  Options* as() {
    auto* const of = dynamic_cast<Of<Options>*>(any_.get());
    return of ? &of->options_ : nullptr;
  }
  template <class Options>
  const Options* as() const {
    return const_cast<Settings*>(this)->as<Options>();
  }

 private:
  struct Any {
    virtual ~Any() = default;
    virtual std::unique_ptr<Any> copy() const = 0;
    virtual std::vector<Option> options() = 0;
    virtual std::unique_ptr<Detector> make(const std::vector<int64_t>& input, engine::Backend& on) const = 0;
    virtual void fit_to_size(int64_t training_samples, const Named& named) = 0;
    virtual Common common() = 0;
    virtual datasets::PreprocessingOptions& preprocessing() = 0;
    virtual DeepOptions* deep() = 0;
  };

  template <class Options>
  struct Of final : Any {
    Of(Options options, Form<Options> form) : options_(std::move(options)), form_(form) {}

    std::unique_ptr<Any> copy() const override { return std::make_unique<Of>(*this); }
    std::vector<Option> options() override { return form_.rows(options_, common()); }
    std::unique_ptr<Detector> make(const std::vector<int64_t>& input, engine::Backend& on) const override {
      Options o = options_;
      if constexpr (requires { o.input; }) o.input = input;
      return form_.make(o, on);
    }
    void fit_to_size(int64_t n, const Named& named) override {
      if (form_.fit_to_size) form_.fit_to_size(options_, n, named);
    }
    Common common() override {
      uint64_t* seed = &seed_;
      double* contamination = &contamination_;
      if constexpr (requires { options_.seed; }) seed = &options_.seed;
      if constexpr (requires { options_.contamination; }) contamination = &options_.contamination;
      return {*seed, *contamination};
    }
    datasets::PreprocessingOptions& preprocessing() override { return options_.preprocessing; }
    DeepOptions* deep() override {
      if constexpr (requires { options_.network; })
        return &options_;
      else
        return nullptr;
    }

    Options options_;
    Form<Options> form_;
    uint64_t seed_ = 1;           // where the method draws nothing
    double contamination_ = 0.1;  // where the threshold is its own
  };

  std::unique_ptr<Any> any_;
};

}  // namespace svdd
