// app/config.hpp: file, flags and environment onto one configuration, and errors with their place.
#include "app/config.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

namespace carillon::app {
namespace {

std::string error_of(std::string_view toml) {
  Config config;
  const Result<> applied = apply_toml(config, toml, "carillon.toml");
  return applied ? "taken" : applied.error().detail;
}

std::string example() {
  std::ifstream file{CARILLON_SOURCE_DIR "/config.example.toml"};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Config, TheExampleIsTakenAndChangesNoDefault) {
  Config config;
  const Result<> applied = apply_toml(config, example(), "config.example.toml");
  ASSERT_TRUE(applied) << applied.error().detail;
  const Config defaults;
  for (const Setting& setting : settings()) {
    if (setting.is_secret) continue;
    EXPECT_EQ(setting.show(config), setting.show(defaults)) << setting.key();
  }
}

TEST(Config, TheExampleNamesEveryKey) {
  const std::string text = example();
  for (const Setting& setting : settings()) {
    // Secrets in the file itself are possible, but not what an example should teach.
    if (setting.name == "secret" || setting.name == "server-key") continue;
    EXPECT_NE(text.find(std::string{setting.name} + " ="), std::string::npos) << setting.key();
  }
}

/// A file with this text, gone with the test.
class TextFile {
 public:
  explicit TextFile(const std::string& text)
      : path_{::testing::TempDir() + "carillon-config-test-" + std::to_string(++count_)} {
    std::ofstream{path_} << text;
  }
  ~TextFile() { std::remove(path_.c_str()); }
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  static inline int count_ = 0;
  std::string path_;
};

std::string finish_error(const std::string& toml, bool dev = true) {
  Config config;
  const Result<> applied = apply_toml(config, toml, "carillon.toml");
  if (!applied) return applied.error().detail;
  const Result<> finished = finish(config, dev);
  return finished ? "taken" : finished.error().detail;
}

TEST(Config, AKeyOfWebPushNeedsASubject) {
  const TextFile key{*jose::Key::generate_es256()->private_pem()};
  const std::string push = "[push]\nvapid-key-file = \"" + key.path() + "\"\n";
  EXPECT_EQ(finish_error(push), "taken");  // nobody is written to while trying it out
  EXPECT_EQ(finish_error(push, false),
            "push.vapid-subject: expected with push.vapid-key-file: mailto:you@example.com, so that push services can "
            "reach you");
  EXPECT_EQ(finish_error(push + "vapid-subject = \"you@example.com\"\n"),
            "push.vapid-subject: expected mailto:you@example.com or https://...");
  EXPECT_EQ(finish_error(push + "vapid-subject = \"mailto:you@example.com\"\n"), "taken");
}

TEST(Config, WhatIsNoKeyOfWebPushIsRefused) {
  const TextFile text{"no key"};
  EXPECT_NE(
      error_of("[push]\nvapid-key-file = \"" + text.path() + "\"\n").find("carillon.toml:2: push.vapid-key-file: "),
      std::string::npos);
  EXPECT_EQ(error_of("[push]\nvapid-key-file = \"/nowhere\"\n"),
            "carillon.toml:2: push.vapid-key-file: cannot read the file /nowhere");
}

TEST(Config, AServiceAccountThatIsNoneIsRefusedWithItsMember) {
  const TextFile text{R"({"project_id": ""})"};
  EXPECT_EQ(error_of("[push]\nfcm-service-account-file = \"" + text.path() + "\"\n"),
            "carillon.toml:2: push.fcm-service-account-file: project_id: expected a text that is not empty");
}

TEST(Config, TlsNeedsBothFilesAndACertificateInThem) {
  EXPECT_EQ(finish_error("[http]\ntls-key-file = \"/k\"\n"), "http.tls-key-file: expected with tls-certificate-file");
  EXPECT_EQ(finish_error("[http]\ntls-certificate-file = \"/c\"\n"),
            "http.tls-certificate-file: expected with tls-key-file");
  const TextFile text{"no certificate"};
  const std::string files = "[http]\ntls-certificate-file = \"" + text.path() + "\"\ntls-key-file = \"";
  EXPECT_NE(finish_error(files + text.path() + "\"\n").find(text.path() + ": expected a certificate in PEM"),
            std::string::npos);
  EXPECT_EQ(finish_error(files + "/nowhere\"\n"),
            "http.tls-certificate-file, http.tls-key-file: cannot read the file /nowhere: No such file or directory");
}

TEST(Config, LimitsAreThoseOfTheInternetAndWithDevOnlyThoseThatAreGiven) {
  const auto finished = [](std::string_view toml, bool dev) {
    Config config;
    config.server.media.worker_bin = "worker";
    EXPECT_TRUE(apply_toml(config, toml, "carillon.toml"));
    const Result<> done = finish(config, dev);
    EXPECT_TRUE(done || !dev) << done.error().detail;  // without keys there is no server; the limits are set before
    return config.server;
  };
  const signaling::Config internet = finished("", false);
  EXPECT_EQ(internet.http.connections_per_address, 500u);
  EXPECT_EQ(internet.http.connections_per_address_per_second, 50u);
  EXPECT_FALSE(internet.http.loopback_counts);
  EXPECT_FALSE(internet.http.loopback_counts_per_second);
  EXPECT_EQ(internet.http.connections_max, 0u);
  EXPECT_EQ(internet.sessions_per_user, 32u);
  EXPECT_EQ(internet.messages_per_second, 100u);
  EXPECT_EQ(internet.waiting_per_user, 4u);
  EXPECT_EQ(internet.messages_per_second_user, 400u);
  EXPECT_EQ(internet.producers_per_second, 2u);
  EXPECT_EQ(internet.calls.limits.rings_per_minute_user, 60u);
  EXPECT_EQ(internet.calls.limits.rings_per_minute_pair, 20u);
  EXPECT_EQ(internet.calls.limits.rings_at_once_pair, 2u);
  EXPECT_EQ(internet.calls.limits.rooms_per_key, 0u);

  const signaling::Config dev = finished("[limits]\nconnections = 5\nmessages-per-second = 7\nrooms-per-key = 3", true);
  EXPECT_EQ(dev.http.connections_max, 5u);
  EXPECT_EQ(dev.http.answered_when_full, "/livez");
  EXPECT_EQ(dev.http.connections_per_address, 0u);
  EXPECT_EQ(dev.http.connections_per_address_per_second, 0u);
  EXPECT_EQ(dev.sessions_per_user, 0u);
  EXPECT_EQ(dev.messages_per_second, 7u);
  EXPECT_EQ(dev.messages_per_second_user, 0u);
  EXPECT_EQ(dev.producers_per_second, 0u);
  EXPECT_EQ(dev.waiting_per_user, 0u);
  EXPECT_EQ(dev.calls.limits.rings_per_minute_user, 0u);
  EXPECT_EQ(dev.calls.limits.rings_per_minute_pair, 0u);
  EXPECT_EQ(dev.calls.limits.rings_at_once_pair, 0u);
  EXPECT_EQ(dev.calls.limits.rooms_per_key, 3u);

  const signaling::Config proxy = finished("[limits]\nconnections-per-ip = 9\nrings-per-minute-pair = 0", false);
  EXPECT_EQ(proxy.http.connections_per_address, 9u);
  EXPECT_TRUE(proxy.http.loopback_counts) << "somebody has said so";
  EXPECT_FALSE(proxy.http.loopback_counts_per_second) << "and of the other limit nothing";
  EXPECT_TRUE(finished("[limits]\nconnections-per-second-ip = 9", false).http.loopback_counts_per_second);
  EXPECT_EQ(proxy.calls.limits.rings_per_minute_pair, 0u);
}

TEST(Config, TrustedProxiesAreAddressesAndPrefixes) {
  Config config;
  ASSERT_TRUE(
      apply_toml(config, "[http]\ntrusted-proxies = [\"127.0.0.1\", \"10.0.0.0/8\", \"2001:db8::/32\"]\n", "f"));
  EXPECT_EQ(find_setting("http", "trusted-proxies")->show(config), "127.0.0.1, 10.0.0.0/8, 2001:db8::/32");
  EXPECT_EQ(error_of("[http]\ntrusted-proxies = [\"10.0.0.0/8\", \"proxy.example\"]\n"),
            "carillon.toml:2: http.trusted-proxies: expected an address or a prefix, as 192.0.2.1, 10.0.0.0/8 or "
            "2001:db8::/32, not 'proxy.example'");
  EXPECT_EQ(error_of("[http]\ntrusted-proxies = []\n"), "taken");
}

TEST(Config, RoomsAreOpenUnlessTheFileSaysOtherwise) {
  Config config;
  EXPECT_TRUE(config.server.calls.open_rooms);
  EXPECT_TRUE(apply_toml(config, "[calls]\nopen-rooms = false\n", "carillon.toml"));
  EXPECT_FALSE(config.server.calls.open_rooms);
}

TEST(Config, PlainHttpToPushServicesStaysOnThisMachine) {
  EXPECT_EQ(finish_error("[push]\nfcm-endpoint = \"http://fcm.example\"\n"),
            "push.fcm-endpoint: expected https:, or this machine");
  EXPECT_EQ(finish_error("[push]\nfcm-endpoint = \"http://127.0.0.1:9000\"\n"), "taken");
}

TEST(Config, HostsOfPushServicesAreShownAsGiven) {
  Config config;
  ASSERT_TRUE(apply_toml(config, "[push]\nallow-hosts = [\"push.example\", \"localhost:1234\"]\n", "f"));
  EXPECT_EQ(find_setting("push", "allow-hosts")->show(config), "push.example, localhost:1234");
  EXPECT_EQ(
      error_of("[push]\nallow-hosts = [\"https://push.example\"]\n"),
      "carillon.toml:2: push.allow-hosts: expected host, host:port, *.host or *, and not \"https://push.example\"");
}

TEST(Config, EachKeyHasAFlagAndAnEnvironmentVariableOfItsOwn) {
  std::set<std::string> names;
  for (const Setting& setting : settings()) {
    EXPECT_TRUE(names.insert(setting.flag()).second) << setting.flag();
    EXPECT_TRUE(names.insert(setting.env()).second) << setting.env();
    EXPECT_FALSE(setting.help.empty());
  }
  EXPECT_TRUE(names.contains("--http-listen"));
  EXPECT_TRUE(names.contains("CARILLON_HTTP_LISTEN"));
  EXPECT_TRUE(names.contains("CARILLON_MEDIA_ANNOUNCED_ADDRESS"));
}

TEST(Config, AnUnknownKeyIsRefusedWithFileLineAndTheOneThatWasMeant) {
  EXPECT_EQ(error_of("[http]\n\nlisen = \"x\"\n"),
            "carillon.toml:3: http.lisen: unknown key; did you mean http.listen?");
  EXPECT_EQ(error_of("[whatever]\nx = 1\n"), "carillon.toml:2: whatever.x: unknown key");
  EXPECT_EQ(error_of("top = 1\n"), "carillon.toml:1: top: unknown key");
}

TEST(Config, AWrongValueIsRefusedWithItsLine) {
  EXPECT_EQ(error_of("[media]\nworkers = -1\n"), "carillon.toml:2: media.workers: expected integer 0 to 256");
  EXPECT_EQ(error_of("[media]\nworkers = \"two\"\n"), "carillon.toml:2: media.workers: expected integer 0 to 256");
  EXPECT_EQ(error_of("[calls]\ncall-waiting = 1\n"), "carillon.toml:2: calls.call-waiting: expected true or false");
  EXPECT_EQ(error_of("[calls]\nring-seconds = 121\n"),
            "carillon.toml:2: calls.ring-seconds: expected integer 1 to 120");
  EXPECT_EQ(error_of("[log]\nlevel = \"loud\"\n"),
            "carillon.toml:2: log.level: expected debug, info, warn, error or off");
  EXPECT_EQ(error_of("[media]\nworkers = [1]\n"), "carillon.toml:2: media.workers: expected a single value");
  EXPECT_EQ(error_of("[http]\norigins = [[\"a\"]]\n"), "carillon.toml:2: http.origins: expected an array of texts");
  EXPECT_NE(error_of("[http]\nlisten = \"nowhere\"\n").find("carillon.toml:2: http.listen: "), std::string::npos);
  EXPECT_EQ(error_of("[auth]\nsecret-file = \"/does/not/exist\"\n"),
            "carillon.toml:2: auth.secret-file: cannot read the file /does/not/exist");
}

TEST(Config, WhatIsNoTomlIsRefusedWithItsLine) {
  EXPECT_EQ(error_of("[http]\nlisten = \n").substr(0, 16), "carillon.toml:2:");
}

// Found by fuzzing: an assertion of the parser, and a place of it that it took to be unreachable.
TEST(Config, ATableHeaderWithoutANameIsRefusedWithItsLine) {
  EXPECT_EQ(error_of("[\u038btp]\n").substr(0, 16), "carillon.toml:1:");
  EXPECT_EQ(error_of("[:ttp]\n").substr(0, 16), "carillon.toml:1:");
  EXPECT_EQ(error_of("\n[\nlisten = \"x\"\n").substr(0, 16), "carillon.toml:2:");
}

TEST(Config, AShortSecretIsRefused) {
  const std::string error = error_of("[auth]\nsecret = \"short\"\n");
  EXPECT_NE(error.find("carillon.toml:2: auth.secret: "), std::string::npos) << error;
  EXPECT_EQ(error.find("short\""), std::string::npos) << "the secret itself is not shown";
}

TEST(Config, AServerKeyThatCouldBeGuessedIsRefused) {
  const std::string place = "carillon.toml:2: http.server-key: ";
  const auto refused = [&](const std::string& key) {
    const std::string error = error_of("[http]\nserver-key = \"" + key + "\"\n");
    EXPECT_TRUE(key.empty() || error.find(key) == std::string::npos) << "it shows the key: " << error;
    return error.starts_with(place) ? error.substr(place.size()) : "elsewhere: " + error;
  };
  const std::string too_short = "a shared secret needs at least 32 bytes; `openssl rand -base64 32` makes one";
  EXPECT_EQ(refused(""), too_short);
  EXPECT_EQ(refused("the key of somebody of 31 bytes"), too_short);
  const std::string guessed =
      "this secret is one of an example, which anybody may guess; `openssl rand -base64 32` makes one";
  for (const std::string key : {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "CHANGE-ME-to-32-or-more-random-bytes",
                                "please_change_this_to_a_random_key", "the server key of the example file",
                                "0123456789012345678901234567890123456789", "your-secret-key-of-at-least-32-bytes"}) {
    EXPECT_EQ(refused(key), guessed);
  }
  EXPECT_EQ(error_of("[http]\nserver-key = \"mNf0Bv8t1ZsK4rJqE3xYw7uG9pLhD2cA5kTiRoQyVWU=\"\n"), "taken");

  const TextFile file{"too short\n"};
  EXPECT_EQ(error_of("[http]\nserver-key-file = \"" + file.path() + "\"\n"),
            "carillon.toml:2: http.server-key-file: " + too_short);
}

TEST(Config, ASecretOfAnExampleIsRefusedAndAPemKeyIsKnown) {
  EXPECT_EQ(error_of("[auth]\nsecret = \"changeme changeme changeme changeme\"\n"),
            "carillon.toml:2: auth.secret: this secret is one of an example, which anybody may guess; `openssl rand "
            "-base64 32` makes one");
  EXPECT_EQ(error_of("[auth]\nsecret = \"-----BEGIN PUBLIC KEY-----\"\n"),
            "carillon.toml:2: auth.secret: this is a PEM key, not a shared secret");
}

/// $CREDENTIALS_DIRECTORY, as systemd sets it, while a test runs.
class Credentials {
 public:
  explicit Credentials(const char* folder) { setenv("CREDENTIALS_DIRECTORY", folder, 1); }
  ~Credentials() { unsetenv("CREDENTIALS_DIRECTORY"); }
  Credentials(const Credentials&) = delete;
  Credentials& operator=(const Credentials&) = delete;
};

TEST(Config, ACredentialOfSystemdIsAFileByName) {
  const TextFile secret{"nobody would guess that this is a secret\n"};
  const std::string name = secret.path().substr(secret.path().rfind('/') + 1);
  const std::string folder = secret.path().substr(0, secret.path().rfind('/'));
  const std::string key = "[http]\nserver-key-file = \"credential:" + name + "\"\n";
  EXPECT_EQ(error_of(key), "carillon.toml:2: http.server-key-file: credential:" + name +
                               ": there are no credentials here: CREDENTIALS_DIRECTORY is not set, as systemd sets it "
                               "for a service with LoadCredential=" +
                               name + ":...");

  const Credentials set{folder.c_str()};
  Config config;
  const Result<> applied = apply_toml(config, key + "tls-key-file = \"credential:tls.key\"\n", "carillon.toml");
  ASSERT_TRUE(applied) << applied.error().detail;
  EXPECT_EQ(config.server.server_key.reveal(), "nobody would guess that this is a secret");
  EXPECT_EQ(config.server.http.tls.key, folder + "/tls.key");
  EXPECT_EQ(error_of("[auth]\nsecret-file = \"credential:none\"\n"),
            "carillon.toml:2: auth.secret-file: cannot read the file " + folder + "/none");
  for (const std::string wrong : {"", ".", "..", "../passwd", "/etc/passwd"}) {
    EXPECT_EQ(
        error_of("[auth]\nsecret-file = \"credential:" + wrong + "\"\n"),
        "carillon.toml:2: auth.secret-file: expected credential:NAME, with the name that LoadCredential= of systemd "
        "gives it");
  }
}

TEST(Config, EveryKeyOfAFileTakesACredential) {
  for (const Setting& setting : settings()) {
    if (!setting.name.ends_with("-file")) continue;
    Config config;
    const Result<> applied = setting.apply(config, {"credential:x"});
    ASSERT_FALSE(applied) << setting.key();
    EXPECT_NE(applied.error().detail.find("CREDENTIALS_DIRECTORY"), std::string::npos) << setting.key();
  }
}

TEST(Config, ListsAreCutAtCommasWhereThereIsNoArray) {
  const Setting& origins = *find_setting("http", "origins");
  EXPECT_EQ(split_values(origins, "https://a.example, https://b.example"),
            (std::vector<std::string>{"https://a.example", "https://b.example"}));
  EXPECT_TRUE(split_values(origins, "").empty());
  EXPECT_EQ(split_values(*find_setting("data", "dir"), "a,b"), std::vector<std::string>{"a,b"});
}

Config finished(std::string_view toml) {
  Config config;
  EXPECT_TRUE(apply_toml(config, toml, "t"));
  const Result<> result = finish(config, true);
  EXPECT_TRUE(result) << result.error().detail;
  return config;
}

TEST(Finish, MediaListensWhereHttpDoes) {
  EXPECT_EQ(finished("[media]\nworker = \"w\"\n").server.media.listen_ip, "127.0.0.1");
  EXPECT_EQ(finished("[http]\nlisten = \"localhost:1\"\n[media]\nworker = \"w\"\n").server.media.listen_ip,
            "127.0.0.1");
  EXPECT_GE(finished("[media]\nworker = \"w\"\n").server.media.workers, 1U);
}

TEST(Finish, ListeningEverywhereNeedsAnAnnouncedAddress) {
  Config config;
  ASSERT_TRUE(apply_toml(config, "[http]\nlisten = \"0.0.0.0:8080\"\n[media]\nworker = \"w\"\n", "t"));
  const Result<> refused = finish(config, true);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("media.announced-address"), std::string::npos);
}

TEST(Finish, WithoutAKeyNobodyCouldConnectSoItDoesNotStart) {
  Config config;
  ASSERT_TRUE(apply_toml(config, "[media]\nworker = \"w\"\n", "t"));
  const Result<> refused = finish(config, false);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("--dev"), std::string::npos);
}

}  // namespace
}  // namespace carillon::app
