// How the parsers of this folder read JSON: fields with JavaScript's idea of "not given", and the first error with its
// path. Inner header; a reader lives on the stack for one parse.
#pragma once

#include "base/result.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace carillon::ortc {

/// Where we are, as a list on the stack from the innermost step outwards; it becomes text only when there is an error.
class Path {
 public:
  explicit Path(std::string_view root) : name_{root} {}
  Path(const Path& parent, std::string_view field) : parent_{&parent}, name_{field} {}
  Path(const Path& parent, std::size_t index) : parent_{&parent}, index_{index} {}

  [[nodiscard]] std::string str() const {
    if (index_) return parent_->str() + '[' + std::to_string(*index_) + ']';
    if (!parent_) return std::string{name_};
    return parent_->str() + '.' + std::string{name_};
  }

 private:
  const Path* parent_ = nullptr;
  std::string_view name_;
  std::optional<std::size_t> index_;
};

/// Keeps the first error. After it the rest is still walked through, and its values are thrown away.
class Faults {
 public:
  void add(const Path& path, std::string_view what) {
    if (!first_) first_ = path.str() + ": " + std::string{what};
  }
  [[nodiscard]] bool any() const { return first_.has_value(); }

  template <class T>
  [[nodiscard]] Result<T> result(T value) && {
    if (first_) return fail(Errc::bad_request, std::move(*first_));
    return value;
  }

 private:
  std::optional<std::string> first_;
};

/// null, false, 0, "" and a missing field: what `if (!x)` in JavaScript takes for "not given".
[[nodiscard]] bool is_falsy(const boost::json::value* value);

/// The value when it is a number without a fraction that fits in 53 bits and a sign; 1.0 is 1, as in JavaScript.
[[nodiscard]] std::optional<std::int64_t> integer_of(const boost::json::value& value);

/// Every field is looked up by name in one object. "Optional" fields follow the falsy rule; errors go to the faults.
class ObjectReader {
 public:
  /// `value` must be an object, else that is the error and all fields are missing. It must outlive the reader.
  ObjectReader(const boost::json::value& value, const Path& path, Faults& faults);

  [[nodiscard]] const boost::json::value* find(std::string_view name) const;
  [[nodiscard]] const Path& path() const { return path_; }
  [[nodiscard]] Faults& faults() const { return faults_; }

  [[nodiscard]] std::string string(std::string_view name, std::size_t size_max) const;
  [[nodiscard]] std::optional<std::string> optional_string(std::string_view name, std::size_t size_max) const;

  /// A number that is there must be whole and in the range of T, or of [min, max].
  template <class T>
  [[nodiscard]] T integer(std::string_view name, std::int64_t min = std::numeric_limits<T>::min(),
                          std::int64_t max = std::numeric_limits<T>::max()) const {
    return static_cast<T>(integer_in(name, find(name), min, max));
  }
  /// Like integer(); what is falsy and not a number is not given.
  template <class T>
  [[nodiscard]] std::optional<T> optional_integer(std::string_view name,
                                                  std::int64_t min = std::numeric_limits<T>::min(),
                                                  std::int64_t max = std::numeric_limits<T>::max()) const {
    const boost::json::value* value = find(name);
    if (is_falsy(value) && !(value && value->is_number())) return std::nullopt;
    return static_cast<T>(integer_in(name, value, min, max));
  }

  /// Calls `element(value, path)` for each element. Falsy is an empty array.
  template <class F>
  void optional_array(std::string_view name, std::size_t count_max, F element) const {
    const boost::json::value* value = find(name);
    if (!is_falsy(value)) array_of(name, *value, count_max, element);
  }
  template <class F>
  void array(std::string_view name, std::size_t count_max, F element) const {
    const boost::json::value* value = find(name);
    if (value && value->is_array()) return array_of(name, *value, count_max, element);
    faults_.add(Path{path_, name}, "expected array");
  }

 private:
  [[nodiscard]] std::int64_t integer_in(std::string_view name, const boost::json::value* value, std::int64_t min,
                                        std::int64_t max) const;

  template <class F>
  void array_of(std::string_view name, const boost::json::value& value, std::size_t count_max, F& element) const {
    const Path path{path_, name};
    if (!value.is_array()) return faults_.add(path, "expected array");
    const boost::json::array& array = value.get_array();
    if (array.size() > count_max)
      return faults_.add(path, "expected at most " + std::to_string(count_max) + " elements");
    for (std::size_t i = 0; i < array.size() && !faults_.any(); ++i) element(array[i], Path{path, i});
  }

  const boost::json::object* object_ = nullptr;
  const Path& path_;
  Faults& faults_;
};

}  // namespace carillon::ortc
