// What a device knows of its calls from what the server tells it, by docs/protocol.md and nothing else. The judge keeps
// one for each device from what the server says, and holds the server to it.
#pragma once

#include "base/id.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace carillon::simulation {

namespace json = boost::json;

/// A request of a device, until it is answered.
struct AskedServer {
  std::string method;
  std::string call;    ///< Named in it; may be empty.
  bool again = false;  ///< The same requestId as one before.
};

class View {
 public:
  enum class Place { ringing, joined };

  /// Starts anew with what `welcome` says.
  void welcome(const json::object& data);
  /// Empty: all is well; else what is wrong with being told this.
  [[nodiscard]] std::string notified(std::string_view method, const json::object& data);
  [[nodiscard]] std::string answered(const AskedServer& asked, bool ok, const json::object& data);

  /// Its end may be told, though nothing else was.
  void may_hear_end_of(const CallId& call) { before_.insert(call); }

  [[nodiscard]] const std::map<CallId, Place>& calls() const { return calls_; }
  [[nodiscard]] bool has(const CallId& call, Place place) const;
  /// An answer to a repeated request says how it was, not how it is.
  [[nodiscard]] bool is_unsure(const CallId& call) const { return unsure_.contains(call); }

 private:
  void put(const CallId& call, Place place);

  std::map<CallId, Place> calls_;
  std::map<CallId, std::uint64_t> revs_;
  std::set<CallId> unsure_;
  std::set<CallId> before_;  // its end may be told though the last welcome says nothing of it
};

}  // namespace carillon::simulation
