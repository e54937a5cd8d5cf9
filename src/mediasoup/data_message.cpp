#include "mediasoup/data_message.hpp"

namespace carillon::mediasoup {

std::string_view to_string(DataType type) { return type == DataType::sctp ? "sctp" : "direct"; }

DataMessage DataMessage::text(std::string_view text) {
  if (text.empty()) return {{' '}, ppid::string_empty};
  return {{text.begin(), text.end()}, ppid::string};
}

DataMessage DataMessage::binary(std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) return {{0}, ppid::binary_empty};
  return {{bytes.begin(), bytes.end()}, ppid::binary};
}

DataMessage DataMessage::with_ppid(std::span<const std::uint8_t> bytes, std::uint32_t ppid) {
  if (ppid == ppid::string_empty) return text({});
  if (ppid == ppid::binary_empty) return binary({});
  return {{bytes.begin(), bytes.end()}, ppid};
}

}  // namespace carillon::mediasoup
