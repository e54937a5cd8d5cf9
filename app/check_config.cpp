#include "app/commands.hpp"

#include <fmt/format.h>

namespace carillon::app {

int check_config(const Config& config) {
  std::string_view section;
  for (const Setting& setting : settings()) {
    if (setting.section != section) {
      section = setting.section;
      fmt::print("[{}]\n", section);
    }
    fmt::print("{} = {}\n", setting.name, setting.show(config));
  }
  fmt::print("# keys for access tokens: {}; server key: {}\n", config.server.keys.size(),
             config.server.server_key.empty() ? "not set" : "set");
  return 0;
}

}  // namespace carillon::app
