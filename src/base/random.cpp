#include "base/random.hpp"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <array>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace carillon {

std::string Random::token(std::size_t bytes) {
  static constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::vector<std::uint8_t> raw(bytes);
  fill(raw);
  std::string text;
  text.reserve((bytes * 4 + 2) / 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (const std::uint8_t byte : raw) {
    bits = (bits << 8) | byte;
    count += 8;
    while (count >= 6) {
      count -= 6;
      text.push_back(alphabet[(bits >> count) & 63]);
    }
  }
  if (count > 0) text.push_back(alphabet[(bits << (6 - count)) & 63]);
  return text;
}

std::string Random::uuid() {
  std::array<std::uint8_t, 16> b{};
  fill(b);
  b[6] = static_cast<std::uint8_t>((b[6] & 0x0f) | 0x40);
  b[8] = static_cast<std::uint8_t>((b[8] & 0x3f) | 0x80);
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < b.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
    fmt::format_to(std::back_inserter(text), "{:02x}", b[i]);
  }
  return text;
}

std::uint32_t Random::number() {
  std::array<std::uint8_t, 4> b{};
  fill(b);
  std::uint32_t value = 0;
  std::memcpy(&value, b.data(), sizeof value);
  return value;
}

void SystemRandom::fill(std::span<std::uint8_t> bytes) {
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) throw std::runtime_error("no random bytes");
}

void SeededRandom::fill(std::span<std::uint8_t> bytes) {
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(engine_());
}

}  // namespace carillon
