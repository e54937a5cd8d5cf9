#include "mediasoup/ortc/scalability_mode.hpp"

namespace carillon::ortc {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes a number from 1 to 99 off the front; 0: there is none.
std::uint8_t take_count(std::string_view& text) {
  if (text.empty() || !is_digit(text[0]) || text[0] == '0') return 0;
  const std::size_t size = text.size() > 1 && is_digit(text[1]) ? 2 : 1;
  int count = 0;
  for (const char digit : text.substr(0, size)) count = count * 10 + (digit - '0');
  text.remove_prefix(size);
  return static_cast<std::uint8_t>(count);
}

}  // namespace

ScalabilityMode parse_scalability_mode(std::string_view text) {
  if (text.empty() || (text[0] != 'L' && text[0] != 'S')) return {};
  text.remove_prefix(1);
  const std::uint8_t spatial = take_count(text);
  if (spatial == 0 || text.empty() || text[0] != 'T') return {};
  text.remove_prefix(1);
  const std::uint8_t temporal = take_count(text);
  if (temporal == 0) return {};
  return {spatial, temporal, text.substr(0, 4) == "_KEY"};
}

}  // namespace carillon::ortc
