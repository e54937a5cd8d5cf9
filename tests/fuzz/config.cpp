// carillon.toml: any text is a configuration, or an error that names the file and a line.
#include "app/config.hpp"
#include "fuzz/fuzz.hpp"

#include <algorithm>
#include <array>

using namespace carillon;
using namespace carillon::app;

namespace {

/// The keys that end in -file read what they name, and some files never end.
bool names_an_endless_file(std::string_view text) {
  constexpr std::array<std::string_view, 3> endless{"/dev", "/proc", "/sys"};
  return std::ranges::any_of(endless, [&](std::string_view place) { return text.find(place) != text.npos; });
}

}  // namespace

FUZZ_TARGET(input) {
  if (names_an_endless_file(input)) return;
  Config config;
  const Result<> applied = apply_toml(config, input, "fuzz.toml");
  if (!applied) FUZZ_CHECK(applied.error().detail.starts_with("fuzz.toml:"));
  for (const Setting& setting : settings()) (void)setting.show(config);
}
