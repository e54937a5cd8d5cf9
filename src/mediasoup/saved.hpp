// What is left of the objects of this folder when the program replaces itself by execve: JSON that each class writes of
// itself (save()) and reads back (restore()). The whole of it: Worker::save() and Worker::adopt().
#pragma once

#include "base/result.hpp"
#include "mediasoup/ortc/rtp_parameters.hpp"
#include "mediasoup/ortc/sctp_parameters.hpp"
#include "mediasoup/transport_options.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::mediasoup {

/// A saved state that cannot be used, with the path of what is wrong. It was written by another build of this program,
/// so it is either whole or not to be used at all: restore() throws this, and Worker::adopt() makes an Error of it.
class BadSavedState : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One object of a saved state. Reading what is not there or of another type throws BadSavedState.
class Saved {
 public:
  /// `object` must outlive this.
  Saved(const boost::json::object& object, std::string path) : object_{object}, path_{std::move(path)} {}

  [[nodiscard]] const boost::json::value* find(std::string_view name) const { return object_.if_contains(name); }
  [[nodiscard]] const boost::json::value& value(std::string_view name) const;
  [[nodiscard]] std::string path(std::string_view name) const { return path_ + '.' + std::string{name}; }

  [[nodiscard]] bool boolean(std::string_view name) const;
  [[nodiscard]] std::string string(std::string_view name) const;
  [[nodiscard]] std::optional<std::string> optional_string(std::string_view name) const;
  template <class T>
  [[nodiscard]] T integer(std::string_view name) const {
    return number_of<T>(value(name), path(name));
  }
  template <class T>
  [[nodiscard]] std::optional<T> optional_integer(std::string_view name) const {
    if (find(name) == nullptr) return std::nullopt;
    return integer<T>(name);
  }
  template <class T>
  [[nodiscard]] std::vector<T> integers(std::string_view name) const {
    std::vector<T> numbers;
    for (const boost::json::value& element : array(name)) numbers.push_back(number_of<T>(element, path(name)));
    return numbers;
  }
  [[nodiscard]] std::vector<std::string> strings(std::string_view name) const;
  /// The bytes that hex() has written.
  [[nodiscard]] std::vector<std::uint8_t> bytes(std::string_view name) const;

  [[nodiscard]] const boost::json::array& array(std::string_view name) const;
  [[nodiscard]] const boost::json::object& json(std::string_view name) const;
  [[nodiscard]] const boost::json::object& whole() const { return object_; }
  [[nodiscard]] Saved object(std::string_view name) const { return {json(name), path(name)}; }
  /// Calls `element(saved)` for each element of an array of objects.
  template <class F>
  void each(std::string_view name, F element) const {
    const boost::json::array& all = array(name);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::string at = path(name) + '[' + std::to_string(i) + ']';
      const boost::json::object* one = all[i].if_object();
      if (one == nullptr) throw BadSavedState{at + ": expected object"};
      element(Saved{*one, at});
    }
  }

  /// The one of these whose to_string() is the text that was saved.
  template <class T>
  [[nodiscard]] T one_of(std::string_view name, std::initializer_list<T> known) const {
    const std::string text = string(name);
    for (const T candidate : known) {
      if (to_string(candidate) == text) return candidate;
    }
    throw BadSavedState{path(name) + ": unknown value '" + text + "'"};
  }
  /// What one of the parsers of ortc/ makes of it.
  template <class Parse>
  [[nodiscard]] auto parsed(std::string_view name, Parse parse) const {
    auto result = parse(value(name), path(name));
    if (!result) throw BadSavedState{result.error().detail};
    return *std::move(result);
  }

 private:
  template <class T>
  static T number_of(const boost::json::value& value, const std::string& at) {
    boost::json::error_code error;
    const T number = value.is_number() ? value.to_number<T>(error) : T{};
    if (!value.is_number() || error) throw BadSavedState{at + ": expected an integer in range"};
    return number;
  }

  const boost::json::object& object_;
  std::string path_;
};

/// Missing stays missing.
template <class T>
void put(boost::json::object& object, std::string_view name, const std::optional<T>& value) {
  if (value) object[name] = boost::json::value_from(*value);
}

[[nodiscard]] std::string hex(std::span<const std::uint8_t> bytes);

// Values that several classes have. Each pair writes and reads the same form.

/// As it was: ortc's parser alone would fill in what a client may leave out.
[[nodiscard]] ortc::RtpParameters restore_rtp_parameters(const Saved& saved, std::string_view name);
[[nodiscard]] boost::json::object save(const TransportTuple& tuple);
[[nodiscard]] TransportTuple restore_tuple(const Saved& saved);
[[nodiscard]] std::optional<TransportTuple> restore_optional_tuple(const Saved& saved, std::string_view name);
/// `sctpParameters` and `sctpState`, as far as there are any.
void save_sctp(boost::json::object& object, const std::optional<ortc::SctpParameters>& parameters,
               const std::optional<SctpState>& state);
[[nodiscard]] std::optional<ortc::SctpParameters> restore_sctp_parameters(const Saved& saved);
[[nodiscard]] std::optional<SctpState> restore_sctp_state(const Saved& saved);
/// `sctpStreamParameters` of a data producer or consumer; there are none on a DirectTransport.
void save_sctp_stream(boost::json::object& object, const std::optional<ortc::SctpStreamParameters>& stream);
[[nodiscard]] std::optional<ortc::SctpStreamParameters> restore_sctp_stream(const Saved& saved);

}  // namespace carillon::mediasoup
