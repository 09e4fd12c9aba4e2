// Says what there was not enough memory for: std::bad_alloc alone does not, and what helps depends on it.
#pragma once
#include <memory>
#include <new>
#include <string>
#include <utility>

namespace engine {

// `what` is one line: what was to be done, and what would take less.
class NotEnoughMemory : public std::bad_alloc {
 public:
  explicit NotEnoughMemory(std::string what) : what_(std::make_shared<std::string>(std::move(what))) {}
  const char* what() const noexcept override { return what_->c_str(); }

 private:
  std::shared_ptr<const std::string> what_;  // copied without allocation, as exceptions are
};

// f(); where an allocation in it fails, NotEnoughMemory("there is not enough memory for " + what()). What an inner call
// has said of its own failure stays.
template <class What, class F>
auto with_enough_memory(What what, F f) {
  try {
    return f();
  } catch (const NotEnoughMemory&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw NotEnoughMemory("there is not enough memory for " + what());
  }
}

}  // namespace engine
