// carillon: the program. Reads the configuration and hands over to a subcommand.
#include "app/commands.hpp"
#include "app/config.hpp"
#include "app/handover.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>

namespace {

using namespace carillon;

struct Options {
  std::string config_file;
  bool dev = false;
  std::map<const app::Setting*, std::string> given;  // by flag or environment
};

void add_options(CLI::App& command, Options& options) {
  command.add_option("--config", options.config_file, "TOML file; carillon.toml in this folder when there is one")
      ->envname("CARILLON_CONFIG");
  command.add_flag("--dev", options.dev, "anybody may have a token: for one machine, never for the internet");
  for (const app::Setting& setting : app::settings()) {
    command
        .add_option_function<std::string>(
            setting.flag(), [&options, &setting](const std::string& value) { options.given[&setting] = value; },
            std::string{setting.help})
        ->envname(setting.env())
        ->group(fmt::format("[{}]", setting.section));
  }
}

void add_server_options(CLI::App& command, app::ServerOptions& server) {
  command.add_option("--url", server.url, "where it serves")->capture_default_str();
  command.add_option("--server-key-file", server.key_file, "file with its key; not needed with --dev");
  command.add_option("--ca-file", server.ca_file, "certificate authority of its certificate; else the system's");
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream file{path};
  if (!file) return fail(Errc::bad_request, fmt::format("cannot read the configuration file {}", path));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Result<app::ConfigurationText> read_configuration(const std::string& file, bool must_be_there) {
  if (auto before = app::configuration_of_before()) return *std::move(before);
  if (!must_be_there && !std::ifstream{file}) return app::ConfigurationText{};
  Result<std::string> text = read_file(file);
  if (!text) return text.error();
  return app::ConfigurationText{*std::move(text)};
}

Result<app::Config> load(const Options& options) {
  app::Config config;
  const bool is_named = !options.config_file.empty();
  const std::string file = is_named ? options.config_file : "carillon.toml";
  const Result<app::ConfigurationText> text = read_configuration(file, is_named);
  if (!text) return text.error();
  app::remember_configuration(*text);
  if (*text) {
    const Result<> applied = app::apply_toml(config, **text, file);
    if (!applied) return applied.error();
  }
  for (const auto& [setting, value] : options.given) {
    const Result<> applied = setting->apply(config, app::split_values(*setting, value));
    if (!applied) {
      return fail(Errc::bad_request,
                  fmt::format("{} ({}): {}", setting->flag(), setting->env(), applied.error().detail));
    }
  }
  const Result<> finished = app::finish(config, options.dev);
  if (!finished) return finished.error();
  return config;
}

template <class Command>
int run(const Options& options, Command command) {
  const Result<app::Config> config = load(options);
  if (!config) {
    // In the place of a program that served: it goes on.
    if (app::take_inherited()) app::fall_back(config.error().detail);
    fmt::print(stderr, "carillon: {}\n", config.error().detail);
    return 2;
  }
  set_log_level(config->log_level);
  return command(*config);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App cli{"Carillon, a calling server"};
  cli.set_version_flag("--version", "carillon " CARILLON_VERSION);
  cli.require_subcommand(1);

  Options options;
  CLI::App* serve = cli.add_subcommand("serve", "serve calls until SIGINT, or until they have ended after SIGTERM");
  add_options(*serve, options);
  CLI::App* check = cli.add_subcommand("check-config", "print what would be used, or what is wrong");
  add_options(*check, options);

  CLI::App* upgrade = cli.add_subcommand("upgrade", "replace the program of the running server by the one on the disk");
  add_options(*upgrade, options);
  std::string format;
  CLI::App* can_take_over = cli.add_subcommand("can-take-over")->group("");
  can_take_over->add_option("format", format)->required();
  add_options(*can_take_over, options);

  app::TokenOptions token;
  CLI::App* make_token = cli.add_subcommand("token", "print an access token signed with a shared secret");
  make_token->add_option("--user", token.user, "user id")->required();
  make_token->add_option("--name", token.name, "display name; else the user id");
  make_token->add_option("--device", token.device, "device id; else the server makes one");
  make_token->add_option("--hours", token.hours, "how long it is good")->check(CLI::Range(1, 24));
  make_token->add_option("--secret-file", token.secret_file, "file with the secret of auth.secret-file")->required();

  app::KeysOptions keys;
  CLI::App* new_keys = cli.add_subcommand("keys", "make the key of Web Push (VAPID)");
  new_keys->add_option("--vapid-key-file", keys.vapid_key_file, "the new file; one that exists is never written over")
      ->capture_default_str();

  app::CallsOptions calls;
  CLI::App* show_calls = cli.add_subcommand("calls", "show what a running server holds: sessions, calls, workers");
  add_server_options(*show_calls, calls.server);
  show_calls->add_flag("--json", calls.json, "JSON instead of a table");

  app::DrainOptions drain;
  CLI::App* drain_server =
      cli.add_subcommand("drain", "let a running server take no new calls, and end with the last one");
  add_server_options(*drain_server, drain.server);
  drain_server->add_flag("--off", drain.off, "go on after all");

  CLI11_PARSE(cli, argc, argv);
  if (*serve) return run(options, app::serve);
  if (*check) return run(options, app::check_config);
  if (*upgrade) return run(options, app::upgrade);
  if (*can_take_over)
    return run(options, [&](const app::Config& config) { return app::can_take_over(config, format); });
  if (*new_keys) return app::make_keys(keys);
  if (*show_calls) return app::show_calls(calls);
  if (*drain_server) return app::drain(drain);
  return app::make_token(token);
}
