#include "mediasoup/line_splitter.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace carillon::mediasoup {

void LineSplitter::feed(std::string_view bytes, std::chrono::steady_clock::time_point now, const Sink& sink) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    line_.append(part.substr(0, line_bytes_max - std::min(line_bytes_max, line_.size())));
    if (end == std::string_view::npos) return;
    line_done(now, sink);
    bytes.remove_prefix(end + 1);
  }
}

void LineSplitter::line_done(std::chrono::steady_clock::time_point now, const Sink& sink) {
  if (now - window_start_ >= std::chrono::seconds{1}) {
    if (dropped_ > 0) sink(fmt::format("({} more lines were dropped)", dropped_));
    window_start_ = now;
    in_window_ = 0;
    dropped_ = 0;
  }
  if (!line_.empty() && ++in_window_ <= lines_per_second_max) {
    sink(line_);
  } else if (!line_.empty()) {
    ++dropped_;
  }
  line_.clear();
}

void LineSplitter::finish(const Sink& sink) {
  if (dropped_ > 0) sink(fmt::format("({} more lines were dropped)", dropped_));
  if (!line_.empty()) sink(line_);
  dropped_ = 0;
  line_.clear();
}

}  // namespace carillon::mediasoup
