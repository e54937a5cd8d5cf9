// Randomness as a value that comes in, so that tests can repeat a run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>

namespace carillon {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> bytes) = 0;

  /// `bytes` random bytes as base64url without padding (RFC 4648 section 5).
  [[nodiscard]] std::string token(std::size_t bytes);
  /// A version 4 UUID (RFC 9562 section 5.4): 122 random bits.
  [[nodiscard]] std::string uuid();
  /// Uniform enough for ports, SSRCs and jitter: 32 random bits.
  [[nodiscard]] std::uint32_t number();
};

/// The operating system's cryptographic source, through OpenSSL.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override;
};

/// Repeatable; for tests and the simulator only.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_{seed} {}
  void fill(std::span<std::uint8_t> bytes) override;

 private:
  std::mt19937_64 engine_;
};

}  // namespace carillon
