// The bytes that are yet to be written to the worker, oldest first. No socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace carillon::mediasoup {

class Outbox {
 public:
  void push(std::span<const std::uint8_t> bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  [[nodiscard]] std::span<const std::uint8_t> waiting() const { return std::span{bytes_}.subspan(written_); }
  [[nodiscard]] std::size_t size() const { return bytes_.size() - written_; }
  [[nodiscard]] bool empty() const { return size() == 0; }
  void clear() {
    bytes_.clear();
    written_ = 0;
  }
  /// So many of them are written.
  void pop(std::size_t count) {
    written_ += count;
    if (empty()) return clear();
    // Each byte is moved at most once for each time the outbox is half written.
    if (written_ < bytes_.size() / 2) return;
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(written_));
    written_ = 0;
  }

 private:
  std::vector<std::uint8_t> bytes_;
  std::size_t written_ = 0;  // at the start of bytes_
};

}  // namespace carillon::mediasoup
