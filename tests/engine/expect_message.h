// Errors are exceptions whose message helps; tests read the message.
#pragma once
#include <gtest/gtest.h>

#include <exception>
#include <string>

namespace engine_tests {

// The message of the exception that action() throws; a failure and "" if it throws none.
template <class Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const std::exception& error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

}  // namespace engine_tests
