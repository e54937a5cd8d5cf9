// The stream from mediasoup-worker: cut into frames, verified, and read. A worker gone wrong (or taken over by what it
// was sent) must not take the signalling with it.
#include "fuzz/worker_message.hpp"

#include "fuzz/fuzz.hpp"
#include "mediasoup/channel/framing.hpp"
#include "mediasoup/channel/messages.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace carillon;
using namespace carillon::mediasoup;

namespace {

constexpr std::size_t message_bytes_max = 64 * 1024;

struct Seen {
  std::vector<std::string> frames;
  std::optional<std::string> broken;
  bool partial = false;
  bool operator==(const Seen&) const = default;
};

void read(const Frame& frame) {
  const std::span<const std::uint8_t> bytes = frame.bytes();
  flatbuffers::Verifier verifier{bytes.data(), bytes.size()};
  if (!FBS::Message::VerifySizePrefixedMessageBuffer(verifier)) return;
  const FBS::Message::Message* message = FBS::Message::GetSizePrefixedMessage(bytes.data());
  if (const auto* response = message->data_as_Response()) fuzz::read_body(*response);
  if (const auto* notification = message->data_as_Notification()) fuzz::read_body(*notification);
  if (const auto* log = message->data_as_Log()) FUZZ_CHECK(log->data() != nullptr);
}

Seen deframe(std::string_view stream, std::size_t piece) {
  Seen seen;
  Deframer deframer{message_bytes_max};
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    const std::string_view given = stream.substr(at, piece);
    deframer.feed({reinterpret_cast<const std::uint8_t*>(given.data()), given.size()});
    while (const auto frame = deframer.next()) {
      const auto bytes = frame->bytes();
      FUZZ_CHECK(bytes.size() <= message_bytes_max + Deframer::prefix_bytes);
      seen.frames.emplace_back(bytes.begin(), bytes.end());
      read(*frame);
    }
  }
  seen.broken = deframer.broken();
  seen.partial = deframer.partial();
  return seen;
}

}  // namespace

FUZZ_TARGET(input) {
  fuzz::Bytes bytes{input};
  const std::size_t piece = 1 + bytes.byte();
  const std::string_view stream = bytes.rest();
  const Seen whole = deframe(stream, stream.size() + 1);
  const Seen cut = deframe(stream, piece);
  FUZZ_CHECK(whole.frames == cut.frames && whole.broken == cut.broken);
  std::size_t total = 0;
  for (const std::string& frame : whole.frames) total += frame.size();
  FUZZ_CHECK(total <= stream.size());
}
