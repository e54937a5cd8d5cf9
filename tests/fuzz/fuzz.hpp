// What the fuzz targets have in common: the entry that libFuzzer calls, a check that is never off, and a reader of the
// input's bytes. docs/fuzzing.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

/// An assertion that is a finding: with NDEBUG too.
#define FUZZ_CHECK(condition)                                                             \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                       \
    }                                                                                     \
  } while (false)

/// Begins the function that runs one input, whose bytes are `input`.
#define FUZZ_TARGET(input)                                                            \
  static void fuzz_one(std::string_view input);                                       \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
    fuzz_one({reinterpret_cast<const char*>(data), size});                            \
    return 0;                                                                         \
  }                                                                                   \
  static void fuzz_one(std::string_view input)

namespace carillon::fuzz {

/// Takes choices from the front of an input; zeros once it is used up.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : bytes_{bytes} {}

  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  [[nodiscard]] std::string_view rest() const { return bytes_; }

  std::uint8_t byte() {
    if (bytes_.empty()) return 0;
    const auto first = static_cast<std::uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return first;
  }
  /// 0 to count - 1.
  std::size_t below(std::size_t count) { return byte() % count; }
  /// One in `count`, and never of an input that is used up.
  bool one_in(std::size_t count) { return byte() % count == 1 % count && !bytes_.empty(); }
  /// At most `size` bytes.
  std::string_view take(std::size_t size) {
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(taken.size());
    return taken;
  }
  /// Up to the first such byte, which is taken too.
  std::string_view until(char end) {
    const std::string_view taken = take(bytes_.find(end));
    if (!bytes_.empty()) bytes_.remove_prefix(1);
    return taken;
  }

 private:
  std::string_view bytes_;
};

}  // namespace carillon::fuzz
