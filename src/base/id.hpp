// Ids as types: a device id cannot be handed where a call id is wanted.
#pragma once

#include <fmt/format.h>

#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace carillon {

template <class Tag>
class Id {
 public:
  Id() = default;
  explicit Id(std::string value) : value_{std::move(value)} {}

  [[nodiscard]] const std::string& str() const { return value_; }
  [[nodiscard]] bool empty() const { return value_.empty(); }

  friend bool operator==(const Id&, const Id&) = default;
  friend auto operator<=>(const Id&, const Id&) = default;

 private:
  std::string value_;
};

using UserId = Id<struct UserTag>;        ///< `sub` of the access token: a person.
using DeviceId = Id<struct DeviceTag>;    ///< One installation of a person; unique in the server.
using SessionId = Id<struct SessionTag>;  ///< One WebSocket connection of a device.
using CallId = Id<struct CallTag>;
using RoomId = Id<struct RoomTag>;
using RequestId = Id<struct RequestTag>;  ///< `requestId`: chosen by the client, makes a command idempotent.

}  // namespace carillon

template <class Tag>
struct std::hash<carillon::Id<Tag>> {
  std::size_t operator()(const carillon::Id<Tag>& id) const noexcept { return std::hash<std::string>{}(id.str()); }
};

template <class Tag>
struct fmt::formatter<carillon::Id<Tag>> : fmt::formatter<std::string> {
  template <class Context>
  auto format(const carillon::Id<Tag>& id, Context& context) const {
    return fmt::formatter<std::string>::format(id.str(), context);
  }
};
