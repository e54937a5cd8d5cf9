// Cuts the worker's byte stream into messages. No socket and no clock: bytes in, frames out.
// A frame on the wire: payload length (uint32, host order as in the package: both ends are one machine), then the
// payload.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace carillon::mediasoup {

class Frame {
 public:
  explicit Frame(std::size_t size) : bytes_{std::make_unique<std::uint8_t[]>(size)}, size_{size} {}
  /// With the length prefix: FlatBuffers aligns the fields of a size-prefixed message to the prefix, not to the
  /// payload.
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return {bytes_.get(), size_}; }
  [[nodiscard]] std::span<std::uint8_t> bytes() { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t size_;
};

class Deframer {
 public:
  static constexpr std::size_t prefix_bytes = 4;

  explicit Deframer(std::size_t payload_bytes_max) : payload_bytes_max_{payload_bytes_max} {}

  /// Takes all of it, however it is split. After garbage (see broken()) further bytes are ignored.
  void feed(std::span<const std::uint8_t> bytes);
  /// The oldest complete frame not yet taken, or nullptr. Frames that came before garbage are still handed out.
  [[nodiscard]] std::shared_ptr<const Frame> next();
  /// Why the stream makes no sense any more.
  [[nodiscard]] const std::optional<std::string>& broken() const { return broken_; }
  /// In the middle of a frame: an end of file now loses something.
  [[nodiscard]] bool partial() const { return prefix_have_ > 0; }
  /// What was fed and not handed out, in its order: fed to another deframer it gives the same frames.
  [[nodiscard]] std::vector<std::uint8_t> unread() const;

 private:
  void begin_payload();

  std::size_t payload_bytes_max_;
  std::uint8_t prefix_[prefix_bytes] = {};
  std::size_t prefix_have_ = 0;
  std::shared_ptr<Frame> current_;
  std::size_t current_have_ = 0;
  std::deque<std::shared_ptr<const Frame>> complete_;
  std::optional<std::string> broken_;
};

}  // namespace carillon::mediasoup
