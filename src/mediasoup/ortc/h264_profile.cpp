#include "mediasoup/ortc/h264_profile.hpp"

#include "mediasoup/ortc/parameter_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace carillon::ortc {

namespace {

enum class Profile { constrained_baseline, baseline, main, constrained_high, high, predictive_high_444 };

/// Ten times the level's number, and 0 for level 1b, which comes between 1 and 1.1.
using Level = std::uint8_t;
constexpr Level level_1b = 0;
constexpr Level level_1 = 10;
constexpr Level level_1_1 = 11;
constexpr std::array<Level, 16> levels{10, 11, 12, 13, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 52};

struct ProfileLevel {
  Profile profile = Profile::constrained_baseline;
  Level level = 31;
};

/// RFC 6184 section 8.1, table 5: a profile is its profile_idc and some bits of profile_iop; the others may be
/// anything.
struct Pattern {
  std::uint8_t idc;
  std::uint8_t iop_mask;
  std::uint8_t iop;
  Profile profile;
};
constexpr std::array<Pattern, 9> patterns{{
    {0x42, 0b0100'1111, 0b0100'0000, Profile::constrained_baseline},
    {0x4d, 0b1000'1111, 0b1000'0000, Profile::constrained_baseline},
    {0x58, 0b1100'1111, 0b1100'0000, Profile::constrained_baseline},
    {0x42, 0b0100'1111, 0b0000'0000, Profile::baseline},
    {0x58, 0b1100'1111, 0b1000'0000, Profile::baseline},
    {0x4d, 0b1010'1111, 0b0000'0000, Profile::main},
    {0x64, 0b1111'1111, 0b0000'0000, Profile::high},
    {0x64, 0b1111'1111, 0b0000'1100, Profile::constrained_high},
    {0xf4, 0b1111'1111, 0b0000'0000, Profile::predictive_high_444},
}};

/// Three bytes in hex. (JavaScript's parseInt also takes shorter numbers with blanks or a sign in front. Only "-" and
/// five digits can hit a known profile that way, by wrapping around, and nobody sends that: it is refused.)
std::optional<std::uint32_t> parse_hex(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (text.size() != 6 || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Level> level_of(std::uint8_t idc, std::uint8_t iop) {
  constexpr std::uint8_t constraint_set3_flag = 0x10;  // says that 11 means 1b
  if (idc == level_1_1 && (iop & constraint_set3_flag)) return level_1b;
  if (std::find(levels.begin(), levels.end(), idc) == levels.end()) return std::nullopt;
  return idc;
}

std::optional<ProfileLevel> parse_profile_level_id(std::string_view text) {
  const std::optional<std::uint32_t> value = parse_hex(text);
  if (!value) return std::nullopt;
  const auto profile_idc = static_cast<std::uint8_t>(*value >> 16);
  const auto iop = static_cast<std::uint8_t>(*value >> 8);
  const std::optional<Level> level = level_of(static_cast<std::uint8_t>(*value), iop);
  if (!level) return std::nullopt;
  for (const Pattern& pattern : patterns)
    if (pattern.idc == profile_idc && (iop & pattern.iop_mask) == pattern.iop)
      return ProfileLevel{pattern.profile, *level};
  return std::nullopt;
}

std::optional<ProfileLevel> profile_level_of(const Parameters& parameters) {
  const ParameterValue* value = find_parameter(parameters, "profile-level-id");
  if (is_falsy(value)) return ProfileLevel{};
  const std::string* text = std::get_if<std::string>(value);
  return text ? parse_profile_level_id(*text) : std::nullopt;
}

bool is_level_asymmetry_allowed(const Parameters& parameters) {
  const ParameterValue* value = find_parameter(parameters, "level-asymmetry-allowed");
  return value && (*value == ParameterValue{true} || *value == ParameterValue{1} || *value == ParameterValue{"1"});
}

Level lower_level(Level a, Level b) {
  const auto is_less = [](Level x, Level y) {
    if (x == level_1b) return y != level_1 && y != level_1b;
    if (y == level_1b) return x != level_1;  // the wrong way round, as in the npm package: 3.1 counts as less than 1b
    return x < y;
  };
  return is_less(a, b) ? a : b;
}

std::optional<std::string> to_text(ProfileLevel value) {
  if (value.level == level_1b) {
    if (value.profile == Profile::constrained_baseline) return "42f00b";
    if (value.profile == Profile::baseline) return "42100b";
    if (value.profile == Profile::main) return "4d100b";
    return std::nullopt;
  }
  constexpr std::array<std::string_view, 6> idc_and_iop{"42e0", "4200", "4d00", "640c", "6400", "f400"};
  return fmt::format("{}{:02x}", idc_and_iop[static_cast<std::size_t>(value.profile)], value.level);
}

}  // namespace

bool is_same_h264_profile(const Parameters& a, const Parameters& b) {
  const std::optional<ProfileLevel> first = profile_level_of(a);
  const std::optional<ProfileLevel> second = profile_level_of(b);
  return first && second && first->profile == second->profile;
}

std::optional<std::string> h264_profile_level_id_for_answer(const Parameters& local, const Parameters& remote) {
  if (is_falsy(find_parameter(local, "profile-level-id")) && is_falsy(find_parameter(remote, "profile-level-id")))
    return std::nullopt;
  const std::optional<ProfileLevel> mine = profile_level_of(local);
  const std::optional<ProfileLevel> theirs = profile_level_of(remote);
  if (!mine || !theirs) return std::nullopt;
  const bool asymmetry = is_level_asymmetry_allowed(local) && is_level_asymmetry_allowed(remote);
  return to_text({mine->profile, asymmetry ? mine->level : lower_level(mine->level, theirs->level)});
}

}  // namespace carillon::ortc
