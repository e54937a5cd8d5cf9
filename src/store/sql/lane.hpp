// Whose work it is. Each lane has a queue's whole room to itself, so that what users ask for cannot take the room of
// what the server needs: records of calls, and where push finds somebody.
#pragma once

#include <array>
#include <cstddef>

namespace carillon::store {

enum class Lane {
  server,  ///< Read before all that users ask for.
  users,   ///< Somebody asked for it, and can ask again.
};

inline constexpr std::array lanes{Lane::server, Lane::users};

/// One of something for each lane.
template <class T>
class PerLane {
 public:
  [[nodiscard]] T& operator[](Lane lane) { return each_[static_cast<std::size_t>(lane)]; }
  [[nodiscard]] const T& operator[](Lane lane) const { return each_[static_cast<std::size_t>(lane)]; }

 private:
  std::array<T, lanes.size()> each_{};
};

}  // namespace carillon::store
