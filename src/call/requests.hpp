// What was answered to the latest requests, so that a repeated one gets the same answer and has no second effect.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/id.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace carillon::call {

/// What a command is answered with; each method sends the part that docs/protocol.md names.
struct Reply {
  CallId call;
  RoomId room;
  Time ring_until;  ///< start-call: when the last of the callees stops ringing.
  friend bool operator==(const Reply&, const Reply&) = default;
};

class Requests {
 public:
  Requests(Duration kept, std::size_t per_device_max, std::size_t per_user_max)
      : kept_{kept}, per_device_max_{per_device_max}, per_user_max_{per_user_max} {}
  // Iterators of a moved list stay valid; those of a copied one would be the original's.
  Requests(Requests&&) = default;
  Requests& operator=(Requests&&) = default;

  struct Key {
    DeviceId device;
    UserId user;         ///< A device may change hands,
    std::size_t method;  ///< and a client may count its requests method by method.
    RequestId request;
    friend bool operator==(const Key&, const Key&) = default;
  };

  /// nullptr: not seen, or forgotten. Lives until the next call of a member that is not const.
  [[nodiscard]] const Result<Reply>* find(const Key& key) const;
  void remember(Key key, const Result<Reply>& answer, Time now);
  void expire(Time now);
  [[nodiscard]] std::optional<Time> deadline() const;
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Key key;
    Result<Reply> answer;
    Time until;
    std::uint64_t number;  ///< Grows from one to the next.
  };
  using Entries = std::list<Entry>;  // the oldest first: all are kept for the same time

  void forget(Entries::iterator entry);

  Duration kept_;
  std::size_t per_device_max_;
  std::size_t per_user_max_;
  std::uint64_t last_number_ = 0;
  Entries entries_;
  std::unordered_map<DeviceId, std::vector<Entries::iterator>> by_device_;          // the oldest first
  std::unordered_map<UserId, std::map<std::uint64_t, Entries::iterator>> by_user_;  // by number: the oldest first
};

}  // namespace carillon::call
