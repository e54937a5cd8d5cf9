// Why the database did not do what it was asked. Each back end has its own errors: connection.cpp turns them into this.
#pragma once

#include "base/result.hpp"

#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace carillon::store {

class Failure : public std::exception {
 public:
  enum class Kind {
    data,    ///< The fault of this statement and its values: it would fail again. All others may pass.
    gone,    ///< No connection, or it was lost.
    full,    ///< No space left.
    locked,  ///< Another program has held the database for too long.
    denied,  ///< We may not read or write it.
    newer,   ///< Of a version that this program does not know.
    broken,  ///< Input/output errors, a damaged file, and what else an operator must look at.
  };

  /// `text` is what the database says. It never holds bound values, which may be tokens.
  Failure(Kind kind, std::string text) : kind_{kind}, text_{std::move(text)} {}

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }

 private:
  Kind kind_;
  std::string text_;
};

/// What an operator can do about it, as the end of a sentence.
[[nodiscard]] std::string_view advice(Failure::Kind kind);

/// As the answer to whoever asked. What the database says is for the log only.
[[nodiscard]] Error to_error(const Failure& failure);

}  // namespace carillon::store
