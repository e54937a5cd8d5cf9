// The subcommands, one file each. Each returns the exit status.
#pragma once

#include "app/config.hpp"

#include <string>

namespace carillon::app {

/// Until SIGINT, or until the calls have ended after SIGTERM.
int serve(const Config& config);
/// What will be used, key by key; secrets only as `(set)` or `(not set)`.
int check_config(const Config& config);

/// Lets the server of this data folder be replaced by the program that is on the disk now.
int upgrade(const Config& config);
/// Asked by a server before that: 0 when it can, as far as can be known while the other one serves.
int can_take_over(const Config& config, const std::string& format);

struct TokenOptions {
  std::string user;
  std::string name;
  std::string device;
  std::string secret_file;
  int hours = 1;
};
/// An HS256 access token on standard output.
int make_token(const TokenOptions& options);

struct KeysOptions {
  std::string vapid_key_file = "vapid.pem";
};
/// A fresh key pair for Web Push into a new file, and what to write into the configuration on standard output.
int make_keys(const KeysOptions& options);

/// How to reach a running server as its operator.
struct ServerOptions {
  std::string url = "http://127.0.0.1:8080";
  std::string key_file;
  std::string ca_file;
};

struct CallsOptions {
  ServerOptions server;
  bool json = false;
};
/// What a running server holds, on standard output: a table, or JSON as it is answered.
int show_calls(const CallsOptions& options);

struct DrainOptions {
  ServerOptions server;
  bool off = false;
};
/// Begins what SIGTERM begins, or undoes it.
int drain(const DrainOptions& options);

}  // namespace carillon::app
