#include "mediasoup/channel/framing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace carillon::mediasoup {

void Deframer::feed(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty() && !broken_) {
    if (!current_) {
      const std::size_t take = std::min(prefix_bytes - prefix_have_, bytes.size());
      std::memcpy(prefix_ + prefix_have_, bytes.data(), take);
      prefix_have_ += take;
      bytes = bytes.subspan(take);
      if (prefix_have_ == prefix_bytes) begin_payload();
      continue;
    }
    const std::span<std::uint8_t> room = current_->bytes().subspan(current_have_);
    const std::size_t take = std::min(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), take);
    current_have_ += take;
    bytes = bytes.subspan(take);
    if (take < room.size()) return;
    complete_.push_back(std::move(current_));
    current_.reset();
    prefix_have_ = 0;
  }
}

void Deframer::begin_payload() {
  std::uint32_t length = 0;
  std::memcpy(&length, prefix_, prefix_bytes);
  if (length == 0 || length > payload_bytes_max_) {
    broken_ = fmt::format("a message of {} bytes, where 1 to {} are possible", length, payload_bytes_max_);
    return;
  }
  current_ = std::make_shared<Frame>(prefix_bytes + length);
  std::memcpy(current_->bytes().data(), prefix_, prefix_bytes);
  current_have_ = prefix_bytes;
}

std::vector<std::uint8_t> Deframer::unread() const {
  std::vector<std::uint8_t> bytes;
  for (const auto& frame : complete_) bytes.insert(bytes.end(), frame->bytes().begin(), frame->bytes().end());
  if (!current_) {
    bytes.insert(bytes.end(), prefix_, prefix_ + prefix_have_);
  } else {
    const std::span<const std::uint8_t> have = std::as_const(*current_).bytes().first(current_have_);
    bytes.insert(bytes.end(), have.begin(), have.end());
  }
  return bytes;
}

std::shared_ptr<const Frame> Deframer::next() {
  if (complete_.empty()) return nullptr;
  std::shared_ptr<const Frame> frame = std::move(complete_.front());
  complete_.pop_front();
  return frame;
}

}  // namespace carillon::mediasoup
