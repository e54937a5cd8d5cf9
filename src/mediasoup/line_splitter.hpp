// Cuts what a process prints into lines of bounded length, and lets only so many through. No I/O, no clock.
#pragma once

#include "base/time.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace carillon::mediasoup {

class LineSplitter {
 public:
  /// Longer lines are cut; the rest up to the line break is lost.
  static constexpr std::size_t line_bytes_max = 2048;
  /// Lines in one second. A worker that prints more has gone wrong, and must not fill the disk with it.
  static constexpr std::size_t lines_per_second_max = 100;

  using Sink = std::function<void(std::string_view line)>;

  void feed(std::string_view bytes, std::chrono::steady_clock::time_point now, const Sink& sink);
  /// What stands after the last line break.
  void finish(const Sink& sink);

 private:
  void line_done(std::chrono::steady_clock::time_point now, const Sink& sink);

  std::string line_;
  std::chrono::steady_clock::time_point window_start_{};
  std::size_t in_window_ = 0;
  std::size_t dropped_ = 0;
};

}  // namespace carillon::mediasoup
