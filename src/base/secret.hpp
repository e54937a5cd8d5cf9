// A string that cannot be printed by mistake: tokens, keys, passwords.
#pragma once

#include <string>
#include <utility>

namespace carillon {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_{std::move(value)} {}

  /// The only way to the text; a reader finds every use by this word.
  [[nodiscard]] const std::string& reveal() const { return value_; }
  [[nodiscard]] bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

}  // namespace carillon
