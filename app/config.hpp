// The program's whole configuration: defaults, then the file, then the environment, then flags. Read and checked once.
// Each key is described once, in settings.cpp; config.example.toml shows them all.
#pragma once

#include "base/log.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "signaling/config.hpp"
#include "store/sql.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::app {

/// A limit of [limits]; 0: none.
struct Limit {
  std::size_t preset = 0;  ///< For the internet. With --dev there is none but what is given.
  std::optional<std::size_t> given = {};

  [[nodiscard]] std::size_t value() const { return given.value_or(preset); }
};

struct Limits {
  Limit connections{0};                 ///< As many as there are descriptors for.
  Limit connections_per_ip{500};        ///< A company behind one address.
  Limit connections_per_second_ip{50};  ///< A handshake of TLS is 0.4 ms: 2 % of a core.
  Limit sessions_per_user{32};          ///< Devices, and the tabs that somebody leaves open.
  Limit messages_per_second{100};       ///< Far above what joining a call with many takes.
  Limit messages_per_second_user{400};  ///< People look at one of their devices at a time.
  Limit producers_per_second{2};        ///< Nobody turns a camera on and off faster for long.
  Limit waiting_per_user{4};            ///< Each takes milliseconds: more at a time are many devices at once.
  Limit rings_per_minute_user{60};
  Limit rings_per_minute_pair{20};
  Limit rings_at_once_pair{2};  ///< A call of two, and a group.
  Limit rooms_per_key{0};
};

struct Config {
  signaling::Config server;
  store::SqlConfig store{.data_dir = "./data", .database = {}};
  std::vector<std::string> allow_hosts;  ///< As given, to be shown.
  Limits limits;
  LogLevel log_level = LogLevel::info;
  Secret ice_credential;
  std::vector<std::string> ice_urls;
  std::string ice_username;
  std::set<std::pair<std::string_view, std::string_view>> secrets;  ///< Section and name of those that are set.
};

/// One key: `[section] name` in the file, `--section-name` as a flag, `CARILLON_SECTION_NAME` in the environment.
struct Setting {
  std::string_view section;
  std::string_view name;
  std::string_view help;
  /// A list takes an array in the file, commas elsewhere.
  bool is_list = false;
  /// Shown as `(set)` or `(not set)`.
  bool is_secret = false;
  /// The error says what was expected; where it stood is added by whoever read it.
  std::function<Result<>(Config&, const std::vector<std::string>& values)> apply;
  std::function<std::string(const Config&)> show;

  [[nodiscard]] std::string key() const;   // http.listen
  [[nodiscard]] std::string flag() const;  // --http-listen
  [[nodiscard]] std::string env() const;   // CARILLON_HTTP_LISTEN
};

[[nodiscard]] const std::vector<Setting>& settings();
/// nullptr: there is no such key.
[[nodiscard]] const Setting* find_setting(std::string_view section, std::string_view name);

/// Text of a TOML file onto `config`. Errors: `carillon.toml:3: http.lisen: unknown key; did you mean http.listen?`
[[nodiscard]] Result<> apply_toml(Config& config, std::string_view text, const std::string& file);
/// "a, b" as two values when the setting is a list.
[[nodiscard]] std::vector<std::string> split_values(const Setting& setting, const std::string& text);
/// What follows from all keys together: addresses that default to others, keys that are there at all.
[[nodiscard]] Result<> finish(Config& config, bool dev);

}  // namespace carillon::app
