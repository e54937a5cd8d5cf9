// What clients send that is against RFC 6455, and the code of the close frame that answers it (section 7.4.1).
#pragma once

#include <string>
#include <vector>

namespace carillon::http {

struct HostileFrame {
  std::string what;
  std::string bytes;
  int code;
};

/// Each is for a connection of its own whose largest message has 64 KiB.
[[nodiscard]] std::vector<HostileFrame> hostile_frames();

}  // namespace carillon::http
