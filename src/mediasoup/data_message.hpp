// A data channel message, and which kind of endpoint a data producer or consumer has. Plain data.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::mediasoup {

enum class DataType { sctp, direct };
[[nodiscard]] std::string_view to_string(DataType type);

/// SCTP payload protocol identifiers of WebRTC messages, RFC 8831 section 8.
namespace ppid {
inline constexpr std::uint32_t string = 51;
inline constexpr std::uint32_t binary = 53;
inline constexpr std::uint32_t string_empty = 56;
inline constexpr std::uint32_t binary_empty = 57;
}  // namespace ppid

/// What goes to send(). SCTP cannot carry an empty message: it goes as one byte with a ppid that says it is empty.
struct DataMessage {
  static DataMessage text(std::string_view text);
  static DataMessage binary(std::span<const std::uint8_t> bytes);
  static DataMessage with_ppid(std::span<const std::uint8_t> bytes, std::uint32_t ppid);

  std::vector<std::uint8_t> bytes;
  std::uint32_t ppid = ppid::binary;
};

}  // namespace carillon::mediasoup
